/**
 * The order in which test files start. Workers take files from one queue, so the run is shortest
 * when the long files start first and the short ones fill the gap at its end. A file that shares
 * its worker's modules (`isolate: false`) must follow one of its own project, or its worker starts
 * anew: projects stay together.
 */
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Real servers first: each of their files takes seconds. Unit files take tenths of a second. */
const PROJECTS = ['integration', 'browser', 'conformance', 'model', 'unit']

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    // Vitest puts those first that took long the last time, and in a fresh clone the largest files.
    const sorted = await super.sort(files)
    return sorted.toSorted((a, b) => rankOf(a) - rankOf(b))
  }
}

const rankOf = ({ project }: TestSpecification): number => PROJECTS.indexOf(project.name)
