// Digests and keys: the part of OpenSSL's libcrypto that we need, which libcurl brings along for TLS. It has the processor's own
// instructions for SHA-256, and a clean build need not compile a second one.
#ifndef EULERPUBLISHER_COPENSSL_H
#define EULERPUBLISHER_COPENSSL_H

#include <stddef.h>
#include <stdint.h>

typedef enum { EP_SHA256, EP_SHA512 } ep_hash;

typedef struct ep_digest ep_digest;

// A digest under way; one thread at a time. None of these fails but for want of memory, and then the program ends.
ep_digest *ep_digest_new(ep_hash hash);
ep_digest *ep_digest_copy(const ep_digest *digest);
void ep_digest_update(ep_digest *digest, const void *bytes, size_t count);
// Writes 32 or 64 bytes; the digest then takes no more.
void ep_digest_finish(ep_digest *digest, uint8_t *result);
void ep_digest_free(ep_digest *digest);

// PBKDF2 with HMAC-SHA-512 (RFC 8018, 5.2). 0, or -1 where libcrypto refuses these numbers. Any thread.
int ep_pbkdf2_sha512(const uint8_t *password, size_t password_count, const uint8_t *salt, size_t salt_count,
                     unsigned iterations, uint8_t *key, size_t key_count);

#endif
