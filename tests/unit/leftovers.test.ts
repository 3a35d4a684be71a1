/** Warnings about what was not removed from a text, but looks wrong. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { prepareManuscript } from '../../src/manuscript/prepare.ts'
import { cleanMarkup } from '../../src/manuscript/sanitize.ts'
import { runs } from '../support/runs.ts'

const OWN = { origins: ['https://news.example'] }

function listWarnings(form: 'markdown' | 'html', source: string): string[] {
  const cleaned = cleanMarkup(form, source, OWN)
  if ('detail' in cleaned) throw new Error(cleaned.detail)
  return cleaned.warnings
}

describe('Markdown that had no effect', () => {
  it.each([
    ['**bold and its end is missing', '**bold and its end i'],
    ['A word, ** bold ** and **more', '**more'],
    ['~~struck', '~~struck'],
    ['__bold', '__bold'],
    ['Said [the mayor][^1].', '[^1].'],
    ['[the report](see below)', '[the report](see below)'],
    ['##No space', '##No space'],
  ])('causes a warning that quotes it: %j', (source, quote) => {
    const [warning] = listWarnings('markdown', source)
    expect(warning).toContain('Markdown that had no effect: "')
    expect(warning).toContain(quote)
  })

  it('is found in HTML too, which some editors fill with Markdown', () => {
    expect(listWarnings('html', '<p>**Berlin** and **Bonn**</p>')).toEqual([
      'the text has Markdown that had no effect: "**Berlin** and **Bon", 2 times',
    ])
  })

  it.each([
    '**bold** and *italic* and ~~struck~~',
    'Two * three ** four, 5 ~~ 6, and snake_case__name',
    'The operator `**` and ``__init__``',
    '    **code**',
    '#hashtag, C# and F##',
    '[1] [sic] (a) [x](https://a.example/)',
    'Said the mayor.[^1]\n\n[^1]: In a letter.',
    'What the f***, she said, and f*** again',
    'It is rated 3.5** and M** by them',
    'Foo** is a note',
    '2**3 = 8, and (a+b)**2',
    'See https://x.example/__main__.html and https://x.example/~~u~~/a',
  ])('is not suspected in %j', (source) => {
    expect(listWarnings('markdown', source)).toEqual([])
  })
})

describe('a template code', () => {
  it.each([
    '{{< youtube abc >}}',
    '{{ page.title }}',
    '{{% notice %}}',
    '{% include ad.html %}',
    '{# a note #}',
    '${headline}',
    '[gallery]',
    '[gallery ids="1,2"]',
    '[caption id="a" width="300"]A bridge[/caption]',
    '[embed]https://v.example/1[/embed]',
    '[my_box title="Read more"]',
    '[/my_box]',
    '{{<figure src="/media/b.jpg">}}',
    '{{< figure\n src="/a.jpg"\n>}}',
    '{%\nif x\n%}',
    '{{\nname\n}}',
    '{{ {a:1} }}',
    '%%FIRST%%',
    '*|FNAME|*',
    '[youtube https://v.example/1]',
    '[poll id=3]',
    '[ninja_form id=1]',
    '[instagram-feed]',
    '[node:title]',
    '[[{"fid":"123","view_mode":"default"}]]',
    '[% title %]',
    '{!! $x !!}',
    '{$title}',
    '[audio src="https://v.example/1.mp3"][/audio]',
    '[img]https://v.example/1.jpg[/img]',
  ])('causes a warning, in Markdown and in HTML: %s', (code) => {
    for (const [form, source] of [
      ['markdown', `Before ${code} after`],
      ['html', `<p>Before ${code.replaceAll('<', '&lt;')} after</p>`],
      ['html', `<p>Before ${code} after</p>`],
    ] as const) {
      expect(listWarnings(form, source).join()).toMatch(/^the text has template code: "/)
    }
  })

  it.each([
    '<p><a href="https://x.example/{{ id }}">x</a></p>',
    '<p><a href="{{ url }}">x</a></p>',
    '<img src="https://x.example/a.jpg" alt="{{alt}}">',
    '<p><a href="https://x.example/" title="{% trans %}">x</a></p>',
  ])('causes a warning in an attribute: %s', (source) => {
    expect(listWarnings('html', source).join()).toContain('the text has template code: "')
  })

  it('causes a warning in a key that readers see', () => {
    const prepared = prepareManuscript(
      new TextEncoder().encode(
        JSON.stringify({ title: 'Offer for {{ name }}', body: 'Text', tags: ['%%TAG%%'] }),
      ),
      'application/json',
      'a',
      { language: 'en', siteUrl: 'https://news.example', shortUrl: 'https://n.example' },
    )
    expect(prepared.ok && prepared.value.warnings).toEqual([
      'title has template code: "{{ name }}"',
      'tags has template code: "%%TAG%%"',
    ])
  })

  it.each(['<?php echo $title; ?> x', 'a <?= $x ?> b'])(
    'of PHP is reported as removed: %s',
    (source) => {
      for (const form of ['markdown', 'html'] as const) {
        const cleaned = cleanMarkup(form, source, OWN)
        expect('removed' in cleaned && cleaned.removed.join()).toContain('template code "<?')
      }
    },
  )

  it.each([
    '[sic]',
    '[1]',
    '[...]',
    '[editor’s note]',
    '{a}',
    '{ }',
    '100 % {x} 5 %',
    '<p>{</p>',
    'He wrote [video] and [audio] in brackets.',
    '[AD] 45 and [ad] 70',
    'the tag [embed] was',
    'Great idea [/sarcasm]',
    'It cost ${1,000}',
    'the set {{a}} and {{ 1 }}',
    '[via https://x.example/]',
    '[see: p. 3]',
  ])('is not suspected in %s', (text) => {
    expect(listWarnings('html', `<p>${text}</p>`)).toEqual([])
  })

  it('is not suspected in code', () => {
    expect(listWarnings('markdown', 'Write `{{ title }}`.\n\n```\n{% raw %}\n```')).toEqual([])
  })
})

it('warns about characters that were lost before, and counts them', () => {
  expect(listWarnings('markdown', 'M\uFFFDnchen und K\uFFFDln')).toEqual([
    'the text has U+FFFD, 2 times: characters were lost before the manuscript was sent',
  ])
})

it('never warns about plain words of any script', () => {
  const word = fc.constantFrom(
    'Latin',
    'عربی،',
    'اردو۔',
    'हिन्दी।',
    '中文，',
    '日本語。',
    'ไทย',
    '(1)',
  )
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 30 }), (words) => {
      const text = words.join(' ')
      expect(listWarnings('markdown', text)).toEqual([])
      expect(listWarnings('html', `<p>${text}</p>`)).toEqual([])
    }),
    { numRuns: runs(200) },
  )
})
