/** How many of the most frequent values are told. */
export const TOP_VALUES = 10;
