/* A libcurl.so.4 as a vendor might ship beside its plugin: of another build than the system's, and told from it by its version.
 *
 *     gcc -std=c11 -Wall -Wextra -Werror -fPIC -shared -Wl,-soname,libcurl.so.4 curl.c -o libcurl.so.4
 *
 * SPDX-License-Identifier: Apache-2.0 */
char *curl_version(void);

char *curl_version(void) {
    static char version[] = "libcurl/4.0.0-of-the-vendor";
    return version;
}
