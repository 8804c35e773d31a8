/** Where an incident is shown. A static export has no routes with an id in them, so it stands in the query. */
export function incidentHref(id: string): string {
  return `/incident/?id=${encodeURIComponent(id)}`;
}
