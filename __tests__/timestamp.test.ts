import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formatTimestamp, parseTimestamp, timestampForms } from '../src/timestamp.js';

describe('parseTimestamp accepts', () => {
  test.each([
    ['2026-11-23 10:52:35', '2026-11-23 10:52:35'],
    ['2026-11-23T10:52:35Z', '2026-11-23 10:52:35'],
    ['2026-11-23t10:52:35z', '2026-11-23 10:52:35'],
    ['2026-11-23 10:52:35Z', '2026-11-23 10:52:35'],
    ['2026-11-23T10:52Z', '2026-11-23 10:52:00'],
    ['2026-11-23T11:52:35+01:00', '2026-11-23 10:52:35'],
    ['2026-11-23T11:52:35+0100', '2026-11-23 10:52:35'],
    ['2026-11-23T11:52:35+01', '2026-11-23 10:52:35'],
    ['2026-11-23 11:19:47+00:00', '2026-11-23 11:19:47'],
    ['2026-11-23 11:19:47 +0530', '2026-11-23 05:49:47'],
    ['2026-11-23T20:52:35-14:30', '2026-11-24 11:22:35'],
    ['2026-11-23T10:52:35.9999999Z', '2026-11-23 10:52:35'],
    ['2026-11-23T10:52:35,5+00:00', '2026-11-23 10:52:35'],
    ['2024-02-29T23:59:59Z', '2024-02-29 23:59:59'],
    ['1795431155', '2026-11-23 10:52:35'],
    ['1795431155000', '2026-11-23 10:52:35'],
    ['1795431155999', '2026-11-23 10:52:35'],
    ['0000-01-01T00:00:00Z', '0000-01-01 00:00:00'],
    ['9999-12-31T23:59:59Z', '9999-12-31 23:59:59'],
  ])('%s as %s', (text, expected) => {
    const instant = parseTimestamp(text);
    expect(instant === undefined ? undefined : formatTimestamp(instant)).toBe(expected);
  });

  test('every form that messages list', () => {
    const forms = [...timestampForms.matchAll(/`([^`]+)`/g)].map(([, form = '']) => parseTimestamp(form)?.getTime());
    expect(forms).toEqual(Array.from({ length: 5 }, () => 1_795_431_155_000));
  });

  test('milliseconds', () => {
    expect(parseTimestamp('2026-11-23T10:52:35.0409Z')?.getTime()).toBe(1_795_431_155_040);
    expect(parseTimestamp('2026-11-23T10:52:35.5Z')?.getTime()).toBe(1_795_431_155_500);
    expect(parseTimestamp('1795431155040')?.getTime()).toBe(1_795_431_155_040);
  });
});

describe('parseTimestamp rejects', () => {
  test.each([
    ['without an offset', ['2026-11-23T10:52:35', '2026-11-23 10:52', '2026-11-23 10:52:35.5']],
    [
      'of a date that does not exist',
      ['2026-02-30T00:00:00Z', '2026-13-01T00:00:00Z', '2025-02-29 00:00:00', '2026-00-10T00:00:00Z'],
    ],
    ['of a time that does not exist', ['2026-11-23T24:00:00Z', '2026-11-23T10:60:00Z', '2026-11-23T23:59:60Z']],
    [
      'of an offset that does not exist',
      ['2026-11-23T10:52:35+24:00', '2026-11-23T10:52:35+01:60', '2026-11-23T10:52:35+1'],
    ],
    ['with slashes', ['2026/11/23 10:52:35', '11/23/2026']],
    ['of a date alone', ['2026-11-23', '20261123']],
    ['of other digit counts', ['0', '179543115', '17954311550', '179543115500', '17954311550000']],
    [
      'outside of the years 0 to 9999',
      ['0000-01-01T00:00:00+01:00', '9999-12-31T23:59:59-01:00', '+10000-01-01T00:00:00Z'],
    ],
    [
      'of anything else',
      [
        '',
        'now',
        'release 5',
        ' 2026-11-23T10:52:35Z',
        '2026-11-23T10:52:35Z\n',
        '2026-11-23T10:52:35Z +01:00',
        '2026-11-23  10:52:35Z',
        '2026-11-23T10:52:35 Z',
        '２０２６-11-23T10:52:35Z',
        '1795431155.0',
        '-795431155',
      ],
    ],
  ])('%s', (_, texts) => {
    expect(texts.map((text) => [text, parseTimestamp(text)])).toEqual(texts.map((text) => [text, undefined]));
  });
});

describe('any timestamp', () => {
  const instants = fc.date({
    min: new Date('0000-01-02T00:00:00Z'),
    max: new Date('9999-12-30T00:00:00Z'),
    noInvalidDate: true,
  });

  test('is parsed to what was formatted', () => {
    fc.assert(
      fc.property(instants, (instant) => {
        const text = formatTimestamp(instant);
        const parsed = parseTimestamp(text);
        expect(parsed?.getTime()).toBe(Math.floor(instant.getTime() / 1000) * 1000);
        expect(parsed === undefined ? undefined : formatTimestamp(parsed)).toBe(text);
      }),
    );
  });

  test('is the same instant in any offset', () => {
    const offsets = fc.integer({ min: -(23 * 60 + 59), max: 23 * 60 + 59 });
    fc.assert(
      fc.property(instants, offsets, fc.boolean(), (instant, offset, hasColon) => {
        const clock = new Date(instant.getTime() + offset * 60_000).toISOString().slice(0, -1);
        const minutes = Math.abs(offset);
        const [hour, minute] = [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, '0'));
        const zone = `${offset < 0 ? '-' : '+'}${String(hour)}${hasColon ? ':' : ''}${String(minute)}`;
        expect(parseTimestamp(`${clock}${zone}`)?.getTime()).toBe(instant.getTime());
      }),
    );
  });

  test('is parsed or rejected, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const instant = parseTimestamp(text);
        expect(instant === undefined || !Number.isNaN(instant.getTime())).toBe(true);
      }),
    );
  });
});
