import { expect, it } from 'vitest';
import type { BlastRadius } from '@/api/types';
import { HEIGHT, place } from './layout';
import { lines, means, shortName } from './lines';

const node = (id: string, distance: number): BlastRadius['nodes'][number] => ({
  id,
  distance,
  resource: { kind: 'role', arn: id, name: id },
  standing: 'reachable',
  crown_jewel: false,
});
const edge = (from: string, to: string) => ({ from, to, means: '', because: '', observed: false });

it('puts each distance into a column of its own, whatever cycles and loose ends there are', () => {
  const nodes = [node('a', 0), node('b', 0), node('c', 1), node('d', 1), node('e', 2)];
  const edges = [
    edge('a', 'c'),
    edge('b', 'd'),
    edge('c', 'd'),
    edge('d', 'e'),
    edge('e', 'a'),
    edge('e', 'gone'),
    edge('a', 'a'),
  ];
  const places = place({ nodes, edges });
  const columns = nodes.map(({ id }) => places.get(id)?.x);
  expect(columns).toEqual([columns[0], columns[0], columns[2], columns[2], columns[4]]);
  expect(new Set(columns).size).toBe(3);
});

it('lets no two nodes of a column overlap', () => {
  const nodes = [node('start', 0), ...Array.from({ length: 30 }, (_, index) => node(`n${index}`, 1))];
  const places = place({ nodes, edges: nodes.slice(1).map(({ id }) => edge('start', id)) });
  const ys = nodes.slice(1).map(({ id }) => places.get(id)?.y ?? 0);
  ys.sort((a, b) => a - b);
  expect(ys.every((y, index) => index === 0 || y - (ys[index - 1] ?? 0) >= HEIGHT)).toBe(true);
});

it('draws what was seen and what leads further; the rest only at the chosen node', () => {
  const nodes = [node('a', 0), node('b', 1), node('c', 1), node('d', 2)];
  const edges = [
    edge('a', 'b'),
    { ...edge('a', 'b'), means: 'sts:AssumeRole', observed: true },
    edge('b', 'c'),
    { ...edge('d', 'a'), observed: true },
    edge('c', 'c'),
    edge('b', 'gone'),
  ];
  const between = (selected?: string) => lines({ nodes, edges }, selected).map(({ from, to }) => from + to);
  expect(between()).toEqual(['ab', 'da']);
  expect(between('c')).toEqual(['ab', 'bc', 'da']);
  const [first] = lines({ nodes, edges });
  expect(first && means(first)).toBe('sts:AssumeRole +1');
});

it('keeps the end of a long name', () => {
  expect(shortName('i-0a1b2c3d4e5f60001')).toBe('i-0a1b2c3d4e5f60001');
  expect(shortName('lumen-books-orders/2026/01/orders.parquet')).toBe('lumen-books….parquet');
});
