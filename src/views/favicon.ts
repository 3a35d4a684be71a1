/**
 * The icon of a publication that does not set `ICON_URL`: a PNG of 64 by 64 pixels. It is part of
 * the code, so serving it does not read KV.
 */
const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAEAAAABACAMAAACdt4HsAAAAflBMVEVyka6Vq8Gyw9EAAH8AVVUXS4BMc5nF0dyAnLYWSXv8/PonVoUAAAAGPXM6ZY8YTYHk6ewaUIRmiKiKpLsAP38VSX0WR3wVSXkXSnsVSHoWSn0AVarc4+jP2eGou8xOdJoAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA0QvApAAAAKnRSTlP///8CA5v////+//8A///8/////wQdJ1F4j8ED//////////////////+ufz69AAABi0lEQVR42tWX2W6DMBBFDWmWsT14IRAgLP//lzWQBtKkEeN5aHulIEthDgZdzyJ00FXrsmqAoKYqpzCtRfh96GIPxlAA4e59EQInwFlfjAOynLmE0AA468pAlEwVgsU1PB8iFfZwFbsCGCp2QtcuPt7VWpTAUilqw4k3tWh4gEYAU38QoG6a1+GCSAIoK2dl07rt0sRngASAXAG+1l0y/MjYBBgZ3iELIGXrmQApjxnyAFJ6ZAJkTgPYZ0KyGTB6SGUHnx8fCSckAGYfKtGtCQMNMEHAtwvA0gEjol99SKQDAiJftuBiAID9azdsBgDcv0MfB0BxPxUQt4PFmCoOsLxD9ksA7iugf+lFwg7uJyKNM9JiRRHjg8UF3/7aCshXOSXiMB1WWcUq2nFGNIf0TWJ9D1BqEP1jZkyQkFS756yaMtN6z6wLOa8ytQOvtOWs4mpzxSjvNvUqtsGwXX8a1Jse56nJym6a18pRm6z/2Giym212u88eONgjD3voYo997MGTP/ryh2/e+P8JRoGcUm1Nn+oAAAAASUVORK5CYII='

export const FAVICON_TYPE = 'image/png'

export const decodeFavicon = (): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(PNG), (character) => character.charCodeAt(0))
