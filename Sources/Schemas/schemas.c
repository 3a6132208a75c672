/* The JSON Schemas, embedded. To add one: an array here, its file by #embed, and a line in the table. */
#include "Schemas.h"

#include <stddef.h>
#include <string.h>

static const char policy[] = {
#embed "../ProviderAPI/schemas/policy.schema.json"
};

static const char settings[] = {
#embed "../ProviderAPI/schemas/settings.schema.json"
};

static const struct {
    const char *name;
    const char *text;
    uint64_t size;
} schemas[] = {
    {"policy", policy, sizeof policy},
    {"settings", settings, sizeof settings},
};

#define COUNT (sizeof schemas / sizeof schemas[0])

const char *ep_schema(const char *name, uint64_t *size) {
    for (size_t number = 0; number < COUNT; number++) {
        if (strcmp(schemas[number].name, name) == 0) {
            *size = schemas[number].size;
            return schemas[number].text;
        }
    }
    return NULL;
}

const char *ep_schema_name(uint32_t number) { return number < COUNT ? schemas[number].name : NULL; }
