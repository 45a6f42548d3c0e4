/** Polygons as the gateway sends them, as rings of [latitude, longitude] for drawing. */

import type { Polygon } from '../api/types'

type Pair = [number, number]

function ring(points: number[][]): Pair[] {
  return points.filter((point) => point.length >= 2).map((point) => [point[1]!, point[0]!])
}

export function rings(polygon: Polygon): Pair[][] {
  if (!Array.isArray(polygon)) {
    const flat = polygon.type === 'MultiPolygon' ? (polygon.coordinates as number[][][][]).flat() : (polygon.coordinates as number[][][])
    return flat.map(ring)
  }
  if (polygon.length === 0) return []
  return Array.isArray(polygon[0]?.[0]) ? (polygon as number[][][]).map(ring) : [ring(polygon as number[][])]
}
