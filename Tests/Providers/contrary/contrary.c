/* A provider whose answer about every image is the file that it was built with, whatever the image, or another file once the
 * request has some text in it: how a build meets providers that disagree. Built by gcc with nothing but the ABI's header.
 *
 *     -DCONTRARY_ID='"left"'  -DCONTRARY_MANIFEST='"PATH"'  -DCONTRARY_ANSWER='"PATH"'
 *     -DCONTRARY_MARK='"text"'  -DCONTRARY_LATER='"PATH"'
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <eulerpublisher/provider.h>

#include <stdbool.h>
#include <string.h>

#define EMBED(name, path)                                                                                     \
    __asm__(".pushsection .rodata\n" #name ":\n.incbin \"" path "\"\n" #name "_end:\n.popsection\n");          \
    extern const char name[] __attribute__((visibility("hidden")));                                           \
    extern const char name##_end[] __attribute__((visibility("hidden")))

EP_EMBED_MANIFEST(contrary_manifest, CONTRARY_MANIFEST);
EMBED(contrary_answer, CONTRARY_ANSWER);
EMBED(contrary_later, CONTRARY_LATER);

static int instance_of_all;

static bool has_mark(const char *request, uint64_t size) {
    const uint64_t length = sizeof CONTRARY_MARK - 1;
    for (uint64_t place = 0; place + length <= size; ++place) {
        if (!memcmp(request + place, CONTRARY_MARK, length)) return true;
    }
    return false;
}

static ep_status invoke(ep_instance *instance, const char *operation, const char *request, uint64_t size,
                        const ep_sink *sink) {
    (void)instance;
    if (strcmp(operation, EP_OP_CHECK)) return EP_UNSUPPORTED;
    if (has_mark(request, size)) {
        return sink->write(sink->context, contrary_later, (uint64_t)(contrary_later_end - contrary_later));
    }
    return sink->write(sink->context, contrary_answer, (uint64_t)(contrary_answer_end - contrary_answer));
}

static ep_status open_instance(const ep_host *given, const char *configuration, uint64_t size, ep_instance **instance,
                               const ep_sink *sink) {
    (void)given, (void)configuration, (void)size, (void)sink;
    *instance = (ep_instance *)&instance_of_all;
    return EP_OK;
}

static void close_instance(ep_instance *instance) { (void)instance; }

EP_EXPORT const ep_provider *eulerpublisher_provider_v1(void) {
    static ep_provider provider = {
        .header = {sizeof provider, EP_ABI_MAJOR, EP_ABI_MINOR},
        .id = CONTRARY_ID,
        .version = "1.0.0",
        .open = open_instance,
        .close = close_instance,
        .invoke = invoke,
    };
    provider.manifest = contrary_manifest;
    provider.manifest_size = (uint64_t)(contrary_manifest_end - contrary_manifest);
    return &provider;
}
