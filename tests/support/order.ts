/**
 * Orders the test files. Workers take files from one queue, so the run is shortest when the long
 * files start first and the short ones fill the gap at its end. Projects stay together: a file that
 * shares its worker's modules (`isolate: false`) must follow one of its own project, or its worker
 * restarts.
 */
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/**
 * Projects with real servers come first: each of their files takes seconds. Unit files take tenths
 * of a second.
 */
const PROJECTS = ['integration', 'browser', 'conformance', 'model', 'unit']

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    // Vitest sorts by the duration of the previous run, and by file size in a fresh clone.
    const sorted = await super.sort(files)
    return sorted.toSorted((a, b) => getRank(a) - getRank(b))
  }
}

const getRank = ({ project }: TestSpecification): number => PROJECTS.indexOf(project.name)
