import { describe, expect, it } from 'vitest';
import { Misconfigured, parseConfig } from './config';

const PAGE = 'https://soc.example.com/system/';
const POOL = {
  authority: 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Pool',
  domain: 'https://soc-1.auth.eu-west-1.amazoncognito.com',
  client: '7abc1def',
};
const HOSTED = { api: 'https://api.example.com', socket: 'wss://live.example.com/prod', signIn: POOL };

function problems(json: unknown): string {
  try {
    parseConfig(json, PAGE);
  } catch (error) {
    if (error instanceof Misconfigured) return error.problems.join('\n');
    throw error;
  }
  return '';
}

describe('parseConfig', () => {
  it('takes the local form, with the feed beside the routes and all there is', () => {
    const { api, socket, signIn, features } = parseConfig({ api: 'http://localhost:9002' }, PAGE);
    expect(api.href).toBe('http://localhost:9002/');
    expect(socket.href).toBe('ws://localhost:9002/v1/socket');
    expect(signIn).toBeUndefined();
    expect([...features]).toEqual(['people', 'drills', 'upload']);
  });

  it('takes a path for the server that gave the page', () => {
    expect(parseConfig({ api: '/' }, PAGE).api.href).toBe('https://soc.example.com/');
  });

  it('takes the hosted form', () => {
    const { api, socket, signIn, features } = parseConfig({ ...HOSTED, features: [] }, PAGE);
    expect(api.href).toBe('https://api.example.com/');
    expect(socket.href).toBe('wss://live.example.com/prod');
    expect(signIn?.authority).toBe(POOL.authority);
    expect(signIn?.domain.href).toBe('https://soc-1.auth.eu-west-1.amazoncognito.com/');
    expect(features.size).toBe(0);
  });

  it('keeps the stage that routes stand under', () => {
    expect(parseConfig({ ...HOSTED, api: 'https://api.example.com/prod' }, PAGE).api.pathname).toBe('/prod/');
  });

  it.each<[string, unknown, RegExp]>([
    ['nothing', null, /must be an object/],
    ['a list', [], /must be an object/],
    ['no api', {}, /“api” must be an address .* missing/],
    ['an api that is none', { api: 'ftp://x' }, /“api” .* it is "ftp:\/\/x"/],
    ['an api with a script', { api: 'javascript:alert(1)' }, /“api”/],
    ['a misspelt name', { api: '/', signin: POOL }, /“signin” is not known/],
    ['no socket where there is a user pool', { api: '/', signIn: POOL }, /“socket” .* missing/],
    ['a socket that is none', { ...HOSTED, socket: 'https://x' }, /“socket” .* wss:/],
    ['tokens in the clear', { ...HOSTED, api: 'http://api.example.com' }, /“api” .* not encrypted/],
    ['tickets in the clear', { ...HOSTED, socket: 'ws://x.example.com' }, /“socket” .* not encrypted/],
    ['no client', { ...HOSTED, signIn: { ...POOL, client: '' } }, /“signIn.client”/],
    ['a domain without a scheme', { ...HOSTED, signIn: { ...POOL, domain: 'soc-1' } }, /“signIn.domain”/],
    [
      'no authority',
      { ...HOSTED, signIn: { ...POOL, authority: undefined } },
      /“signIn.authority” .* missing/,
    ],
    ['a feature nobody knows', { api: '/', features: ['peple'] }, /“features” .* people, drills, upload/],
    ['features that are no list', { api: '/', features: 'people' }, /“features”/],
  ])('refuses %s', (_, json, said) => {
    expect(problems(json)).toMatch(said);
  });

  it('tells all that is wrong at once', () => {
    expect(problems({ socket: 'x', features: 1 }).split('\n')).toHaveLength(3);
  });
});
