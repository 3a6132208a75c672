// crypt(3) of one password: the part of libcrypt that we need. Opens no file.
#ifndef EULERPUBLISHER_CCRYPT_H
#define EULERPUBLISHER_CCRYPT_H

// Both end with a zero byte. 1: the hash is that password's; 0: it is another's; -1: libcrypt does not know this kind of hash, or
// memory is short. Any thread. How long it takes is the hash's to say: whoever asks bounds that first.
int ep_crypt_fits(const char *password, const char *hash);

#endif
