/** A `CREATE TABLE` of the portable profile; its primary key begins with the program wherever the rows belong to one. */
export function table(name: string, columns: string, key: string, create = 'CREATE TABLE'): string {
  return `${create} ${name} (${columns.replace(/\s+/g, ' ')}, PRIMARY KEY (${key}))`;
}
