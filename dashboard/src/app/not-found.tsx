import Link from 'next/link';

export default function NotFound() {
  return (
    <div className="flex flex-col items-start gap-3 py-10">
      <h1 className="text-xl font-semibold">There is no such page</h1>
      <p className="text-soft">The address may be misspelt, or the page has moved.</p>
      <Link href="/" className="font-medium prose-link">
        Go to the overview
      </Link>
    </div>
  );
}
