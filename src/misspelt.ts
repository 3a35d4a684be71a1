/** The codes that somebody may have meant who typed another. */
export const nearForms = (_: string): readonly string[] => []
