/* A provider that says which libcurl it runs: linked with -Wl,-rpath,'$ORIGIN' it is the one in its own folder, whatever the host
 * and other providers use.
 *
 *     gcc -std=c11 -Wall -Wextra -Werror -fPIC -shared -fvisibility=hidden owncurl.c ./libcurl.so.4 -Wl,-rpath,'$ORIGIN'
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <eulerpublisher/provider.h>

#include <stdio.h>
#include <string.h>

char *curl_version(void);

static ep_status open_instance(const ep_host *host, const char *configuration, uint64_t size, ep_instance **instance,
                               const ep_sink *sink) {
    (void)host, (void)configuration, (void)size, (void)instance, (void)sink;
    return EP_OK;
}

static void close_instance(ep_instance *instance) { (void)instance; }

static ep_status invoke(ep_instance *instance, const char *operation, const char *request, uint64_t size,
                        const ep_sink *sink) {
    char text[256];
    (void)instance, (void)operation, (void)request, (void)size;
    snprintf(text, sizeof text, "{\"format\":1,\"actions\":[\"runs %.200s\"]}", curl_version());
    return sink->write(sink->context, text, strlen(text));
}

EP_EXPORT const ep_provider *eulerpublisher_provider_v1(void) {
    static const ep_provider provider = {
        .header = {sizeof provider, EP_ABI_MAJOR, EP_ABI_MINOR},
        .id = "owncurl",
        .version = "1.0.0",
        .open = open_instance,
        .close = close_instance,
        .invoke = invoke,
    };
    return &provider;
}
