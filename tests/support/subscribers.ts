/**
 * Runs real feed readers, each with the same three operations: subscribe to one address in a home
 * folder of its own, poll, and list the stories that it has.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { extractFromJson } from '@extractus/feed-extractor'
import { parseJsonFeed } from 'feedsmith'
import { runProgram } from './embedded.ts'

export type ListedStory = { id: string; title: string; text: string }

export type Subscriber = {
  poll: () => Promise<void>
  listStories: () => ListedStory[]
}

export type Reader = {
  name: string
  /**
   * Whether a reader shows the new text of a changed story with the same id, or keeps the first
   * one.
   */
  onChange: 'shows' | 'keeps'
  /**
   * Whether a reader requests deltas (`A-IM: feed`) and can read them. rss2email requests deltas,
   * but cannot read them.
   */
  deltas: boolean
  formats: readonly string[]
  subscribe: (url: string, homeFolder: string) => Subscriber
}

/**
 * Throws an error with the package to install if a program is missing: a skipped test would hide
 * failures.
 */
export function requireProgram(program: string, debianPackage: string): void {
  if (!existsSync(program))
    throw new Error(`${program} is not installed: apt-get install ${debianPackage}`)
}

async function run(command: string, args: string[], homeFolder: string): Promise<string> {
  const result = await runProgram(command, args, { cwd: homeFolder, env: { HOME: homeFolder } })
  if (result.code !== 0)
    throw new Error(`${command} ended with ${result.code}: ${result.stdout}${result.stderr}`)
  return result.stdout
}

const newsboat: Reader = {
  name: 'newsboat',
  onChange: 'shows',
  deltas: true,
  formats: ['rss.xml', 'atom.xml'],
  subscribe: (url, homeFolder) => {
    requireProgram('/usr/bin/newsboat', 'newsboat')
    const [urls, config, cache] = ['urls', 'config', 'cache.db'].map((file) =>
      join(homeFolder, file),
    )
    writeFileSync(urls ?? '', `${url}\n`)
    writeFileSync(config ?? '', 'auto-reload no\n')
    return {
      poll: async () => {
        const files = ['-C', config ?? '', '-u', urls ?? '', '-c', cache ?? '']
        await run('/usr/bin/newsboat', [...files, '-x', 'reload'], homeFolder)
      },
      listStories: () => {
        const database = new DatabaseSync(cache ?? '', { readOnly: true })
        try {
          return database
            .prepare('SELECT guid, title, content FROM rss_item')
            .all()
            .map((row) => ({
              id: String(row['guid']),
              title: String(row['title']),
              text: String(row['content']),
            }))
        } finally {
          database.close()
        }
      },
    }
  },
}

/** Uses the shell function `fetch` that sfeed's README recommends for servers with ETags. */
const sfeed: Reader = {
  name: 'sfeed',
  onChange: 'keeps',
  deltas: false,
  formats: ['rss.xml', 'atom.xml'],
  subscribe: (url, homeFolder) => {
    requireProgram('/usr/bin/sfeed_update', 'sfeed')
    requireProgram('/usr/bin/curl', 'curl')
    const folder = join(homeFolder, '.sfeed')
    mkdirSync(join(folder, 'etags'), { recursive: true })
    const settings = join(folder, 'sfeedrc')
    writeFileSync(
      settings,
      `feeds() {
	feed "dateline" "${url}"
}
fetch() {
	etag="$HOME/.sfeed/etags/$(basename "$3")"
	curl -L --max-redirs 0 -H "User-Agent:" -f -s -m 15 --compressed \\
		--etag-save "\${etag}" --etag-compare "\${etag}" -z "\${etag}" "$2" 2>/dev/null
}
`,
    )
    return {
      poll: async () => void (await run('/usr/bin/sfeed_update', [settings], homeFolder)),
      listStories: () =>
        readFileSync(join(folder, 'feeds', 'dateline'), 'utf8')
          .split('\n')
          .filter((line) => line !== '')
          .map((line) => {
            const [, title = '', , text = '', , id = ''] = line.split('\t')
            return { id, title, text }
          }),
    }
  },
}

/** Delivers a mail for each story to a maildir, and a reply to it when the story changes. */
const rss2email: Reader = {
  name: 'rss2email',
  onChange: 'shows',
  deltas: false,
  formats: ['rss.xml', 'atom.xml'],
  subscribe: (url, homeFolder) => {
    requireProgram('/usr/bin/r2e', 'rss2email')
    const [config, data, mail] = ['config', 'data.json', 'mail'].map((file) =>
      join(homeFolder, file),
    )
    for (const folder of ['cur', 'new', 'tmp'])
      mkdirSync(join(mail ?? '', 'inbox', folder), { recursive: true })
    writeFileSync(
      config ?? '',
      `[DEFAULT]
from = desk@news.example
to = reader@news.example
email-protocol = maildir
maildir-path = ${mail}
maildir-mailbox = inbox
reply-changes = True
use-8bit = True
[feed.dateline]
url = ${url}
`,
    )
    return {
      poll: async () =>
        void (await run('/usr/bin/r2e', ['-c', config ?? '', '-d', data ?? '', 'run'], homeFolder)),
      listStories: () => {
        const inbox = join(mail ?? '', 'inbox', 'new')
        const mails = readdirSync(inbox)
          .map((file) => parseMail(readFileSync(join(inbox, file), 'utf8')))
          .sort((a, b) => Number(a.isReply) - Number(b.isReply))
        return [...new Map(mails.map((each) => [each.id, each])).values()]
      },
    }
  },
}

/** A reply has the id of the mail to which it replies, so that both are one thread. */
function parseMail(source: string): ListedStory & { isReply: boolean } {
  const end = source.indexOf('\n\n')
  const headers = source.slice(0, end).replace(/\n[ \t]+/g, ' ')
  const header = (name: string): string =>
    new RegExp(`^${name}: *(.*)$`, 'im').exec(headers)?.[1]?.trim() ?? ''
  return {
    id: header('X-RSS-ID'),
    title: header('Subject'),
    text: source.slice(end + 2),
    isReply: header('In-Reply-To') !== '',
  }
}

/**
 * Behaves like a reader that is built on feedparser: it has its own name, stores validators, and
 * lists items by id.
 */
const FEEDPARSER = `
import feedparser, json, sys
url, state = sys.argv[1], sys.argv[2]
try:
  stored = json.load(open(state))
except FileNotFoundError:
  stored = {'etag': None, 'modified': None, 'items': {}}
parsed = feedparser.parse(url, etag=stored['etag'], modified=stored['modified'], agent='a-reader/1.0')
if parsed.bozo:
  sys.exit(str(parsed.bozo_exception))
if parsed.status != 304:
  stored['etag'], stored['modified'] = parsed.get('etag'), parsed.get('modified')
for entry in parsed.entries:
  stored['items'][entry.id] = {'id': entry.id, 'title': entry.title, 'text': entry.content[0].value}
json.dump(stored, open(state, 'w'))
`
const feedparser: Reader = {
  name: 'feedparser',
  onChange: 'shows',
  deltas: true,
  formats: ['rss.xml', 'atom.xml'],
  subscribe: (url, homeFolder) => {
    requireProgram('/usr/bin/python3', 'python3-feedparser')
    const state = join(homeFolder, 'state.json')
    return {
      poll: async () =>
        void (await run('/usr/bin/python3', ['-c', FEEDPARSER, url, state], homeFolder)),
      listStories: () => {
        const { items } = JSON.parse(readFileSync(state, 'utf8')) as {
          items: Record<string, ListedStory>
        }
        return Object.values(items)
      },
    }
  },
}

/** Builds a JSON Feed reader around a parser. It stores the ETag, and lists items by id. */
const jsonReader = (name: string, parse: (document: object) => ListedStory[]): Reader => ({
  name,
  onChange: 'shows',
  deltas: false,
  formats: ['feed.json'],
  subscribe: (url) => {
    const items = new Map<string, ListedStory>()
    let etag: string | null = null
    return {
      poll: async () => {
        const response = await fetch(url, {
          headers: etag === null ? {} : { 'If-None-Match': etag },
        })
        if (response.status === 304) return
        etag = response.headers.get('ETag')
        for (const item of parse((await response.json()) as object)) items.set(item.id, item)
      },
      listStories: () => [...items.values()],
    }
  },
})

const feedsmith = jsonReader('feedsmith', (document) =>
  (parseJsonFeed(document).items ?? []).map(({ id = '', title = '', content_html = '' }) => ({
    id,
    title,
    text: content_html,
  })),
)

const feedExtractor = jsonReader('feed-extractor', (document) => {
  const { entries = [] } = extractFromJson(JSON.stringify(document), {
    descriptionMaxLen: 0,
    getExtraEntryFields: (entry: object) => ({
      text: 'content_html' in entry ? entry.content_html : '',
    }),
  })
  return entries.map((entry) => ({
    id: entry.id,
    title: entry.title ?? '',
    text: 'text' in entry ? String(entry.text) : '',
  }))
})

export const READERS: readonly Reader[] = [
  newsboat,
  sfeed,
  rss2email,
  feedparser,
  feedsmith,
  feedExtractor,
]
