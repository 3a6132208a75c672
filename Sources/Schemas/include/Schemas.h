#ifndef EULERPUBLISHER_SCHEMAS_H
#define EULERPUBLISHER_SCHEMAS_H

#include <stdint.h>

/* The text of schemas/NAME.schema.json, `size` bytes, not zero-terminated; NULL if none is embedded under that name. */
const char *ep_schema(const char *name, uint64_t *size);

/* The name of the embedded schema with that number, counted from 0; NULL past the last. */
const char *ep_schema_name(uint32_t number);

#endif
