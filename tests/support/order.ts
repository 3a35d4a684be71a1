/**
 * Orders the test files. Workers take files from one queue, so the run is shortest when long files
 * start first and short ones fill the gap at the end. The files of a project stay together: a file
 * that shares modules with others of its worker (`isolate: false`) must follow a file of its own
 * project, or else the worker restarts.
 */
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/**
 * Projects with real servers come first, because each of their files takes seconds. Unit files take
 * tenths of a second.
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
