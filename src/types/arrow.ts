/** Arrow columns ⇄ feature values. Nothing here loads the Arrow package before {@link loadArrow} is awaited. */
export { arrowValue, type ColumnReader, columnReader, dataTypeOfArrow, rowsFromBatch } from './arrow-read.ts'
export { arrowTypeOf, type ColumnField, columnData, loadArrow, tableFromRows } from './arrow-write.ts'
