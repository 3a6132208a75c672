/* Just enough of JSON for a provider: find a value by its path, read it as text or number, write text.
 * Documents from the host are valid and at most EP_LIMIT_DEPTH deep; what is not found reads as NULL.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef JSON_H
#define JSON_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* A value inside a document: from its first byte to the end of the document. */
typedef struct json {
    const char *at, *end;
} json;

static inline json json_document(const char *text, uint64_t size) { return (json){text, text + size}; }

static inline void json_blank(json *j) {
    while (j->at < j->end && strchr(" \t\r\n,:", *j->at)) j->at++;
}

/* Moves behind the value that begins here. */
static inline void json_skip(json *j) {
    int depth = 0;
    do {
        json_blank(j);
        if (j->at >= j->end) return;
        char c = *j->at++;
        if (c == '"') {
            while (j->at < j->end && *j->at != '"') j->at += *j->at == '\\' ? 2 : 1;
            j->at++;
        } else if (c == '{' || c == '[') {
            depth++;
        } else if (c == '}' || c == ']') {
            depth--;
        } else {
            while (j->at < j->end && !strchr(" \t\r\n,:{}[]\"", *j->at)) j->at++;
        }
    } while (depth > 0);
}

/* The member of that name of the object that begins here. Names are compared as written: ours hold no escapes. */
static inline json json_member(json j, const char *name) {
    const json none = {NULL, NULL};
    size_t length = strlen(name);
    if (!j.at) return none;
    json_blank(&j);
    if (j.at >= j.end || *j.at++ != '{') return none;
    for (;;) {
        json_blank(&j);
        if (j.at >= j.end || *j.at != '"') return none;
        const char *key = j.at + 1;
        json_skip(&j);
        int found = (size_t)(j.at - 1 - key) == length && memcmp(key, name, length) == 0;
        json_blank(&j);
        if (found) return j;
        json_skip(&j);
    }
}

/* The first element of the array that begins here. */
static inline json json_first(json j) {
    const json none = {NULL, NULL};
    if (!j.at) return none;
    json_blank(&j);
    if (j.at >= j.end || *j.at++ != '[') return none;
    json_blank(&j);
    return j.at < j.end && *j.at != ']' ? j : none;
}

static inline int64_t json_number(json j) {
    char text[32] = "";
    if (!j.at) return -1;
    for (size_t i = 0; i < sizeof text - 1 && j.at < j.end && strchr("+-.0123456789eE", *j.at); i++)
        text[i] = *j.at++;
    return strtoll(text, NULL, 10);
}

/* The string that begins here, zero-terminated: free it. NULL if there is none, or if it holds a zero. */
static inline char *json_text(json j) {
    if (!j.at) return NULL;
    json_blank(&j);
    if (j.at >= j.end || *j.at++ != '"') return NULL;
    char *text = malloc((size_t)(j.end - j.at) + 1), *to = text;
    uint32_t high = 0;
    while (text && j.at < j.end && *j.at != '"') {
        if (*j.at != '\\') {
            *to++ = *j.at++;
            continue;
        }
        static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
        const char *name = j.end - j.at > 1 ? strchr(names, j.at[1]) : NULL;
        if (name) {
            *to++ = values[name - names];
            j.at += 2;
            continue;
        }
        char digits[5] = "";
        if (j.end - j.at < 6 || j.at[1] != 'u') break;
        memcpy(digits, j.at + 2, 4);
        uint32_t code = (uint32_t)strtoul(digits, NULL, 16);
        j.at += 6;
        if (code >= 0xD800 && code < 0xDC00) { /* the first half of a pair */
            high = code;
            continue;
        }
        if (code >= 0xDC00 && code < 0xE000)
            code = high ? 0x10000 + ((high - 0xD800) << 10) + (code - 0xDC00) : 0xFFFD;
        high = 0;
        if (code == 0) {
            j.at = j.end;
            break;
        }
        if (code < 0x80) *to++ = (char)code;
        else {
            if (code < 0x800) *to++ = (char)(0xC0 | code >> 6);
            else if (code < 0x10000) *to++ = (char)(0xE0 | code >> 12);
            else *to++ = (char)(0xF0 | code >> 18), *to++ = (char)(0x80 | (code >> 12 & 63));
            if (code >= 0x800) *to++ = (char)(0x80 | (code >> 6 & 63));
            *to++ = (char)(0x80 | (code & 63));
        }
    }
    if (text && (j.at >= j.end || *j.at != '"')) {
        free(text);
        return NULL;
    }
    if (text) *to = 0;
    return text;
}

/* The text as a JSON string with its quotes: free it. */
static inline char *json_quoted(const char *text) {
    static const char digits[] = "0123456789abcdef";
    char *quoted = malloc(strlen(text) * 6 + 3), *to = quoted;
    if (!quoted) return NULL;
    *to++ = '"';
    for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
        if (*c == '"' || *c == '\\') *to++ = '\\', *to++ = (char)*c;
        else if (*c < 0x20) {
            memcpy(to, "\\u00", 4);
            to[4] = digits[*c >> 4];
            to[5] = digits[*c & 15];
            to += 6;
        } else *to++ = (char)*c;
    }
    *to++ = '"';
    *to = 0;
    return quoted;
}

#endif
