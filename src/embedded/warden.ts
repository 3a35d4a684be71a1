/**
 * Waits until the process that started it is gone, then ends what that has started and removes its
 * temporary folder.
 */
import { endProcesses, removeTemporary } from './processes.ts'

const [mark = '', temporary = ''] = process.argv.slice(2)

process.stdin.resume()
process.stdin.on('close', () => {
  void endProcesses((each) => each === mark).then(() => {
    if (temporary !== '') removeTemporary(temporary)
  })
})
