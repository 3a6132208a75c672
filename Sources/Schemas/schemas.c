/* The JSON Schemas, embedded. To add one: an array here, its file by #embed, and a line in the table. */
#include "Schemas.h"

#include <stddef.h>
#include <string.h>

static const char created[] = {
#embed "../ProviderAPI/schemas/created.schema.json"
};

static const char entry[] = {
#embed "../ProviderAPI/schemas/entry.schema.json"
};

static const char error[] = {
#embed "../ProviderAPI/schemas/error.schema.json"
};

static const char event[] = {
#embed "../ProviderAPI/schemas/event.schema.json"
};

static const char facts[] = {
#embed "../ProviderAPI/schemas/facts.schema.json"
};

static const char helper[] = {
#embed "../ProviderAPI/schemas/helper.schema.json"
};

static const char intent[] = {
#embed "../ProviderAPI/schemas/intent.schema.json"
};

static const char journal[] = {
#embed "../ProviderAPI/schemas/journal.schema.json"
};

static const char lock[] = {
#embed "../ProviderAPI/schemas/lock.schema.json"
};

static const char manifest[] = {
#embed "../ProviderAPI/schemas/manifest.schema.json"
};

static const char pending[] = {
#embed "../ProviderAPI/schemas/pending.schema.json"
};

static const char plan[] = {
#embed "../ProviderAPI/schemas/plan.schema.json"
};

static const char policy[] = {
#embed "../ProviderAPI/schemas/policy.schema.json"
};

static const char recipe[] = {
#embed "../ProviderAPI/schemas/recipe.schema.json"
};

static const char record[] = {
#embed "../ProviderAPI/schemas/record.schema.json"
};

static const char request[] = {
#embed "../ProviderAPI/schemas/request.schema.json"
};

static const char result[] = {
#embed "../ProviderAPI/schemas/result.schema.json"
};

static const char settings[] = {
#embed "../ProviderAPI/schemas/settings.schema.json"
};

static const struct {
    const char *name;
    const char *text;
    uint64_t size;
} schemas[] = {
    {"created", created, sizeof created},
    {"entry", entry, sizeof entry},
    {"error", error, sizeof error},
    {"event", event, sizeof event},
    {"facts", facts, sizeof facts},
    {"helper", helper, sizeof helper},
    {"intent", intent, sizeof intent},
    {"journal", journal, sizeof journal},
    {"lock", lock, sizeof lock},
    {"manifest", manifest, sizeof manifest},
    {"pending", pending, sizeof pending},
    {"plan", plan, sizeof plan},
    {"policy", policy, sizeof policy},
    {"recipe", recipe, sizeof recipe},
    {"record", record, sizeof record},
    {"request", request, sizeof request},
    {"result", result, sizeof result},
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
