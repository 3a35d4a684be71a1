/** Captions that only a class marks, as content systems write them. */
import { describe, expect, it } from 'vitest'
import { cleanMarkup } from '../../src/manuscript/sanitize.ts'

function clean(html: string) {
  const cleaned = cleanMarkup('html', html, { origins: ['https://news.example'] })
  if ('detail' in cleaned) throw new Error(cleaned.detail)
  return cleaned
}

const IMG = '<img src="https://a.example/b.jpg" alt="">'
const FIGURE = `<figure>${IMG}<figcaption>CAP</figcaption></figure>`

describe('a caption that a class marks', () => {
  it.each([
    [`<div class="wp-caption">${IMG}<p class="wp-caption-text">CAP</p></div>`, FIGURE],
    [`<div>${IMG}<div class="caption">CAP</div></div>`, FIGURE],
    [`<figure>${IMG}<p class="image-caption">CAP</p></figure>`, FIGURE],
    [
      `<dl class="wp-caption"><dt>${IMG}</dt><dd class="wp-caption-dd">CAP</dd></dl>`,
      `<figure><div>${IMG}</div><figcaption>CAP</figcaption></figure>`,
    ],
    [
      '<p class="wp-caption-text" lang="de">CAP</p>',
      '<figure><figcaption lang="de">CAP</figcaption></figure>',
    ],
    [
      `<table><tr><td>${IMG}</td></tr><tr><td class="tr-caption">CAP</td></tr></table>`,
      `<div>${IMG}</div><div><figure><figcaption>CAP</figcaption></figure></div>`,
    ],
    [
      `<div>${IMG}<p class="caption">CAP</p>${IMG}<p class="caption">CAP</p></div>`,
      `<div>${IMG}<figure><figcaption>CAP</figcaption></figure>${IMG}<figure><figcaption>CAP</figcaption></figure></div>`,
    ],
  ])('becomes the caption of a figure, and is not in summaries: %s', (source, html) => {
    const cleaned = clean(`${source}<p>Story</p>`)
    expect(cleaned).toMatchObject({ html: `${html}<p>Story</p>`, text: 'Story' })
    expect(clean(cleaned.html)).toMatchObject({ html: cleaned.html, text: 'Story' })
  })

  it.each([
    '<div><p>Story</p></div>',
    `<div>${IMG}<p>Story</p></div>`,
    `<div><p>Story</p>${IMG}</div>`,
  ])('differs from other text beside a picture: %s', (source) => {
    const classes = source.replace('<div>', '<div class="wp-caption captioned">')
    expect(clean(classes)).toMatchObject({ html: source, text: 'Story' })
  })
})
