#include "COpenSSL.h"

#include <limits.h>
#include <openssl/evp.h>
#include <stdlib.h>

// Of the library's own type, so that a header of OpenSSL is nobody's but ours.
#define CONTEXT(digest) ((EVP_MD_CTX *)(digest))

ep_digest *ep_digest_new(ep_hash hash) {
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (!context || !EVP_DigestInit_ex(context, hash == EP_SHA512 ? EVP_sha512() : EVP_sha256(), NULL)) abort();
    return (ep_digest *)context;
}

ep_digest *ep_digest_copy(const ep_digest *digest) {
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (!context || !EVP_MD_CTX_copy_ex(context, (const EVP_MD_CTX *)digest)) abort();
    return (ep_digest *)context;
}

void ep_digest_update(ep_digest *digest, const void *bytes, size_t count) {
    if (!EVP_DigestUpdate(CONTEXT(digest), bytes, count)) abort();
}

void ep_digest_finish(ep_digest *digest, uint8_t *result) {
    if (!EVP_DigestFinal_ex(CONTEXT(digest), result, NULL)) abort();
}

void ep_digest_free(ep_digest *digest) { EVP_MD_CTX_free(CONTEXT(digest)); }

int ep_pbkdf2_sha512(const uint8_t *password, size_t password_count, const uint8_t *salt, size_t salt_count,
                     unsigned iterations, uint8_t *key, size_t key_count) {
    if (password_count > INT_MAX || salt_count > INT_MAX || iterations > INT_MAX || key_count > INT_MAX) return -1;
    int made = PKCS5_PBKDF2_HMAC((const char *)password, (int)password_count, salt, (int)salt_count, (int)iterations,
                                 EVP_sha512(), (int)key_count, key);
    return made == 1 ? 0 : -1;
}
