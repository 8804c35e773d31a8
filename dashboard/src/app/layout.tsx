import type { Metadata, Viewport } from 'next';
import localFont from 'next/font/local';
import type { ReactNode } from 'react';
import { Shell } from '@/shell/Shell';
import { THEME_SCRIPT } from '@/shell/theme';
import './globals.css';

const plexSans = localFont({
  src: '../../node_modules/@fontsource-variable/ibm-plex-sans/files/ibm-plex-sans-latin-wght-normal.woff2',
  weight: '100 700',
  variable: '--plex-sans',
  display: 'swap',
});

const plexMono = localFont({
  src: [
    {
      path: '../../node_modules/@fontsource/ibm-plex-mono/files/ibm-plex-mono-latin-400-normal.woff2',
      weight: '400',
    },
    {
      path: '../../node_modules/@fontsource/ibm-plex-mono/files/ibm-plex-mono-latin-600-normal.woff2',
      weight: '600',
    },
  ],
  variable: '--plex-mono',
  display: 'swap',
  // Its metrics stand in for no proportional font: the system's own fixed-width one is nearer.
  adjustFontFallback: false,
});

export const metadata: Metadata = {
  title: { default: 'A-SOC', template: '%s · A-SOC' },
  description: 'Watches an AWS account, finds attacks, asks people, contains, and proves what it did.',
  robots: { index: false, follow: false },
};

export const viewport: Viewport = { colorScheme: 'light dark' };

export default function Layout({ children }: { children: ReactNode }) {
  return (
    <html lang="en" className={`${plexSans.variable} ${plexMono.variable}`} suppressHydrationWarning>
      <head>
        {/* Before the first paint, so that nobody is blinded at night. Its hash is in csp.json. */}
        {/* biome-ignore lint/security/noDangerouslySetInnerHtml: a constant of ours, no input in it */}
        <script dangerouslySetInnerHTML={{ __html: THEME_SCRIPT }} />
      </head>
      <body>
        <Shell>{children}</Shell>
      </body>
    </html>
  );
}
