/** Parses the settings, and refuses invalid ones in one sentence. */
import { describe, expect, it } from 'vitest'
import { formatFailure } from '../../src/model/failures.ts'
import { parsePublication } from '../../src/model/publication.ts'
import { buildPublication, prepareStory, STORY_SETTINGS } from '../support/stories.ts'

function expectRefusal(settings: unknown): string {
  const parsed = parsePublication(settings)
  if (parsed.ok) throw new Error('The settings were accepted')
  return formatFailure(parsed.failure)
}

describe('good settings', () => {
  it('become a publication', () => {
    expect(
      buildPublication({
        SITE_URL: 'HTTPS://News.example:443/',
        LANGUAGE: 'AR-eg',
        TITLE: '  A \n B ',
      }),
    ).toEqual({
      title: 'A B',
      description: 'What tests publish',
      language: 'ar-EG',
      siteUrl: 'https://news.example',
      shortUrl: 'https://nws.example',
      allowedHosts: ['news.example', 'www.news.example'],
      tag: { authority: 'news.example', date: '2026' },
      publisher: 'Test Press',
      feedLength: 50,
      memorySeconds: 5,
      noDeltaAgents: ['feedparser/', 'rss2email'],
      trustedProxy: 'CF-Connecting-IP',
      withdrawalNoticeDays: 30,
    })
  })

  it('may omit ALLOWED_HOSTS; then only the host of the site is allowed', () => {
    const { ALLOWED_HOSTS: _, ...rest } = STORY_SETTINGS
    const parsed = parsePublication(rest)
    expect(parsed.ok && parsed.value.allowedHosts).toEqual(['news.example'])
    expect(buildPublication({ ALLOWED_HOSTS: ' ' }).allowedHosts).toEqual(['news.example'])
  })

  it('may have hosts in any script and spelling, which are converted to their form in addresses', () => {
    const hosts = {
      'News.Example': 'news.example',
      'مثال.example': 'xn--mgbh0fb.example',
      'خبریں.پاکستان:8443': new URL('https://خبریں.پاکستان:8443').host,
      '新闻。中国': 'xn--efvy88h.xn--fiqs8s',
      'BÜCHER.example': 'xn--bcher-kva.example',
      'xn--mgbh0fb.example': 'xn--mgbh0fb.example',
      'news.example:443': 'news.example',
      '[2001:DB8::1]:8080': '[2001:db8::1]:8080',
      '127.0.0.1': '127.0.0.1',
      a_b: 'a_b',
    }
    const setting = Object.keys(hosts).join(', ')
    expect(buildPublication({ ALLOWED_HOSTS: setting }).allowedHosts).toEqual(Object.values(hosts))
  })

  it('permit articles on a host whose name is in another script', () => {
    const publication = buildPublication({ ALLOWED_HOSTS: 'مثال.example' })
    const canonical = 'https://مثال.example/خبر'
    expect(prepareStory({ title: 'T', body: 'B', canonical }, publication).ok).toBe(true)
    expect(prepareStory({ title: 'T', body: 'B', canonical }).ok).toBe(false)
  })

  it('set contact, logo, icon and copyright only if they are not empty', () => {
    const more = {
      CONTACT: 'desk@news.example',
      LOGO_URL: 'https://a.example/l.png',
      ICON_URL: '',
      COPYRIGHT: '© A',
    }
    const publication = buildPublication(more)
    expect(publication).toMatchObject({
      contact: 'desk@news.example',
      logoUrl: 'https://a.example/l.png',
      copyright: '© A',
    })
    expect(publication).not.toHaveProperty('iconUrl')
  })

  it('may name the header of a proxy, or "none"; the default is CF-Connecting-IP', () => {
    expect(buildPublication({ TRUSTED_PROXY: ' ' }).trustedProxy).toBe('CF-Connecting-IP')
    expect(buildPublication({ TRUSTED_PROXY: 'X-Forwarded-For' }).trustedProxy).toBe(
      'X-Forwarded-For',
    )
    expect(buildPublication({ TRUSTED_PROXY: 'none' })).not.toHaveProperty('trustedProxy')
  })

  it.each(['2026', '2026-01', '2026-01-15'])('may have the tag date %s', (date) => {
    expect(buildPublication({ TAG_DATE: date }).tag.date).toBe(date)
  })

  it.each(['news.example', 'desk@news.example', 'a-b.c0'])(
    'may have the tag authority %s',
    (authority) => {
      expect(buildPublication({ TAG_AUTHORITY: authority }).tag.authority).toBe(authority)
    },
  )
})

describe('wrong settings', () => {
  it.each([
    'TITLE',
    'DESCRIPTION',
    'LANGUAGE',
    'SITE_URL',
    'SHORT_URL',
    'TAG_AUTHORITY',
    'TAG_DATE',
    'PUBLISHER',
  ])('are refused if one of them is missing or empty: %s', (name) => {
    const settings: Record<string, string> = { ...STORY_SETTINGS }
    delete settings[name]
    expect(expectRefusal(settings)).toBe(`Cannot open the desk: ${name} is not set`)
    expect(expectRefusal({ ...STORY_SETTINGS, [name]: ' ' })).toBe(
      `Cannot open the desk: ${name} is empty`,
    )
  })

  it.each([
    ['TITLE', 'a\u0001b', 'TITLE has U+0001 (control)'],
    ['DESCRIPTION', 'a\ufffeb', 'DESCRIPTION has U+FFFE (noncharacter)'],
    ['PUBLISHER', 'a\u202eb', 'PUBLISHER has U+202E (right-to-left override)'],
    ['COPYRIGHT', 'a\u0000', 'COPYRIGHT has U+0000 (NUL)'],
    ['TRUSTED_PROXY', 'X-Real-IP, X', 'TRUSTED_PROXY is not the name of one header'],
    ['TRUSTED_PROXY', 'X-Réal-IP', 'TRUSTED_PROXY is not the name of one header'],
    ['TRUSTED_PROXY', 'X-Real-IP:', 'TRUSTED_PROXY is not the name of one header'],
    [
      'TRUSTED_PROXY',
      'forwarded',
      'TRUSTED_PROXY is "Forwarded", which is not supported; let the proxy set X-Forwarded-For',
    ],
    ['LANGUAGE', 'english', 'LANGUAGE is not a language tag (BCP 47)'],
    ['SITE_URL', 'news.example', 'SITE_URL is not an http or https address without a path'],
    [
      'SITE_URL',
      'https://news.example/path',
      'SITE_URL is not an http or https address without a path',
    ],
    [
      'SITE_URL',
      'https://a:b@news.example',
      'SITE_URL is not an http or https address without a path',
    ],
    [
      'SITE_URL',
      'https://news.example/?a',
      'SITE_URL is not an http or https address without a path',
    ],
    ['SHORT_URL', 'ftp://news.example', 'SHORT_URL is not an http or https address without a path'],
    [
      'SHORT_URL',
      'javascript:alert(1)',
      'SHORT_URL is not an http or https address without a path',
    ],
    [
      'TAG_AUTHORITY',
      'News.example',
      'TAG_AUTHORITY is not a host or e-mail address in lower case (RFC 4151)',
    ],
    [
      'TAG_AUTHORITY',
      'a,b',
      'TAG_AUTHORITY is not a host or e-mail address in lower case (RFC 4151)',
    ],
    [
      'TAG_DATE',
      '26',
      'TAG_DATE is not a year, a month or a day such as 2026, 2026-01 or 2026-01-15 (RFC 4151)',
    ],
    [
      'TAG_DATE',
      '2026-13',
      'TAG_DATE is not a year, a month or a day such as 2026, 2026-01 or 2026-01-15 (RFC 4151)',
    ],
    [
      'TAG_DATE',
      '2026-02-30',
      'TAG_DATE is not a year, a month or a day such as 2026, 2026-01 or 2026-01-15 (RFC 4151)',
    ],
    ['CONTACT', 'desk', 'CONTACT is not an e-mail address'],
    ['LOGO_URL', '/logo.png', 'LOGO_URL is not an absolute http or https address'],
    ['ICON_URL', 'data:image/png,x', 'ICON_URL is not an absolute http or https address'],
    ['FEED_LENGTH', '49', 'FEED_LENGTH is less than 50'],
    ['FEED_LENGTH', '501', 'FEED_LENGTH is more than 500'],
    ['FEED_LENGTH', '-50', 'FEED_LENGTH is not a whole number'],
    ['FEED_LENGTH', '50.5', 'FEED_LENGTH is not a whole number'],
    ['MEMORY_SECONDS', '61', 'MEMORY_SECONDS is more than 60'],
    ['MEMORY_SECONDS', '-1', 'MEMORY_SECONDS is not a whole number'],
    ['MEMORY_SECONDS', '', 'MEMORY_SECONDS is not a whole number'],
    ['WITHDRAWAL_NOTICE_DAYS', '-1', 'WITHDRAWAL_NOTICE_DAYS is not a whole number'],
    ['WITHDRAWAL_NOTICE_DAYS', '366', 'WITHDRAWAL_NOTICE_DAYS is more than 365'],
    ...[
      'https://news.example',
      'news.example/x',
      'news.example/',
      'http:news.example',
      'user@news.example',
      'news.example?x',
      'news.example#x',
      '*.news.example',
      'مثال.example;news.example',
      'news.example.',
      'مثال.example.',
      'a..b',
      '.news.example',
      'news.example:port',
      'news.example:70000',
      '\\\\news.example',
      '"news.example"',
    ].map((entry) => [
      'ALLOWED_HOSTS',
      `www.example, ${entry}`,
      `ALLOWED_HOSTS has "${entry}", which is not a host such as news.example or news.example:8443; leave out scheme, path, wildcard and final dot, and separate hosts with spaces or commas`,
    ]),
  ])('are refused in one sentence: %s=%j', (name, value, why) => {
    expect(expectRefusal({ ...STORY_SETTINGS, [name]: value })).toBe(`Cannot open the desk: ${why}`)
  })
})
