// libcurl for Swift: what the headers declare, and typed functions in place of its variadic ones. Each checks that the option
// is of its kind, so that no pointer is ever read as a number.
#ifndef EULERPUBLISHER_CCURL_H
#define EULERPUBLISHER_CCURL_H

#include <curl/curl.h>
#include <stddef.h>

static inline CURLcode ep_curl_set_long(CURL *easy, CURLoption option, long value) {
    if ((int)option >= CURLOPTTYPE_OBJECTPOINT) return CURLE_BAD_FUNCTION_ARGUMENT;
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode ep_curl_set_offset(CURL *easy, CURLoption option, curl_off_t value) {
    if ((int)option < CURLOPTTYPE_OFF_T || (int)option >= CURLOPTTYPE_BLOB) return CURLE_BAD_FUNCTION_ARGUMENT;
    return curl_easy_setopt(easy, option, value);
}

// libcurl copies the text.
static inline CURLcode ep_curl_set_text(CURL *easy, CURLoption option, const char *value) {
    if ((int)option < CURLOPTTYPE_OBJECTPOINT || (int)option >= CURLOPTTYPE_FUNCTIONPOINT) {
        return CURLE_BAD_FUNCTION_ARGUMENT;
    }
    return curl_easy_setopt(easy, option, value);
}

// The list must live until the transfer ended.
static inline CURLcode ep_curl_set_headers(CURL *easy, struct curl_slist *list) {
    return curl_easy_setopt(easy, CURLOPT_HTTPHEADER, list);
}

static inline CURLcode ep_curl_set_share(CURL *easy, CURLSH *share) {
    return curl_easy_setopt(easy, CURLOPT_SHARE, share);
}

// CURL_ERROR_SIZE bytes that live until the transfer ended.
static inline CURLcode ep_curl_set_error_buffer(CURL *easy, char *buffer) {
    return curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, buffer);
}

typedef size_t (*ep_curl_data)(char *bytes, size_t size, size_t count, void *context);
typedef int (*ep_curl_seek)(void *context, curl_off_t offset, int origin);

static inline CURLcode ep_curl_set_receivers(CURL *easy, ep_curl_data header, ep_curl_data body, void *context) {
    CURLcode code = curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, header);
    if (code == CURLE_OK) code = curl_easy_setopt(easy, CURLOPT_HEADERDATA, context);
    if (code == CURLE_OK) code = curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, body);
    if (code == CURLE_OK) code = curl_easy_setopt(easy, CURLOPT_WRITEDATA, context);
    return code;
}

static inline CURLcode ep_curl_set_sender(CURL *easy, ep_curl_data read, ep_curl_seek seek, void *context) {
    CURLcode code = curl_easy_setopt(easy, CURLOPT_READFUNCTION, read);
    if (code == CURLE_OK) code = curl_easy_setopt(easy, CURLOPT_READDATA, context);
    if (code == CURLE_OK) code = curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, seek);
    if (code == CURLE_OK) code = curl_easy_setopt(easy, CURLOPT_SEEKDATA, context);
    return code;
}

typedef int (*ep_curl_before)(void *context, char *local, char *remote, int local_port, int remote_port);

// Calls `before` each time that the request is about to be sent; anything but 0 from it ends the transfer. A libcurl older than
// 7.80 cannot: the request then gets a connection that no earlier one used, on which libcurl sends nothing twice.
static inline CURLcode ep_curl_set_before(CURL *easy, ep_curl_before before, void *context) {
#if LIBCURL_VERSION_NUM >= 0x075000
    CURLcode code = curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, before);
    if (code == CURLE_OK) code = curl_easy_setopt(easy, CURLOPT_PREREQDATA, context);
    return code;
#else
    (void)before, (void)context;
    return curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
#endif
}

// Only http and https, whatever else the library can do.
static inline CURLcode ep_curl_set_protocols(CURL *easy) {
#if LIBCURL_VERSION_NUM >= 0x075500
    return curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
#else
    return curl_easy_setopt(easy, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
}

// The certificate authorities of servers as PEM text, in place of a file. The bytes must live until the transfer ended.
static inline CURLcode ep_curl_set_authorities(CURL *easy, void *bytes, size_t size) {
#if LIBCURL_VERSION_NUM >= 0x074d00
    struct curl_blob blob = {.data = bytes, .len = size, .flags = CURL_BLOB_NOCOPY};
    return curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &blob);
#else
    (void)easy, (void)bytes, (void)size;
    return CURLE_NOT_BUILT_IN;
#endif
}

// The file of authorities that libcurl uses when it is told of none; NULL if it was built without.
static inline const char *ep_curl_authorities_file(void) {
#if LIBCURL_VERSION_NUM >= 0x074600
    curl_version_info_data *version = curl_version_info(CURLVERSION_NOW);
    return version->age >= CURLVERSION_SEVENTH ? version->cainfo : NULL;
#else
    return NULL;
#endif
}

// A cancelled or timed out transfer leaves a name server's silence to the resolver's own thread instead of waiting for it.
static inline CURLcode ep_curl_set_quick_exit(CURL *easy) {
#if LIBCURL_VERSION_NUM >= 0x075700
    return curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
#else
    (void)easy;
    return CURLE_OK;
#endif
}

// 0 when the transfer does not have it.
static inline long ep_curl_info_long(CURL *easy, CURLINFO info) {
    long value = 0;
    if ((info & CURLINFO_TYPEMASK) == CURLINFO_LONG) curl_easy_getinfo(easy, info, &value);
    return value;
}

static inline curl_off_t ep_curl_info_offset(CURL *easy, CURLINFO info) {
    curl_off_t value = 0;
    if ((info & CURLINFO_TYPEMASK) == CURLINFO_OFF_T) curl_easy_getinfo(easy, info, &value);
    return value;
}

// The next transfer that ended: 1, or 0 when there is none.
static inline int ep_curl_next(CURLM *multi, CURL **easy, CURLcode *result) {
    int left = 0;
    CURLMsg *message;
    while ((message = curl_multi_info_read(multi, &left)) != NULL) {
        if (message->msg != CURLMSG_DONE) continue;
        *easy = message->easy_handle;
        *result = message->data.result;
        return 1;
    }
    return 0;
}

// TLS sessions shared by the transfers of one thread, so that each new connection but the first resumes one.
static inline CURLSH *ep_curl_share(void) {
    CURLSH *share = curl_share_init();
    if (share != NULL) curl_share_setopt(share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
    return share;
}

// Must return once before the first other call; safe from any thread then.
static inline CURLcode ep_curl_prepare(void) { return curl_global_init(CURL_GLOBAL_DEFAULT); }

#endif
