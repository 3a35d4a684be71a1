/**
 * Waits until the process that started it has ended. Then ends the other processes of that run and
 * removes its temporary folder.
 */
import { endProcesses, removeTemporaryFolder } from './processes.ts'

const [mark = '', temporaryFolder = ''] = process.argv.slice(2)

process.stdin.resume()
process.stdin.on('close', () => {
  void endProcesses((candidate) => candidate === mark).then(() => {
    if (temporaryFolder !== '') removeTemporaryFolder(temporaryFolder)
  })
})
