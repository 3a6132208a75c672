#include "CXML.h"

#include <libxml/parser.h>
#include <libxml/xmlerror.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    xmlParserCtxtPtr parser;
    const ep_xml_events *events;
    void *context;
    ep_xml_status status;
    ep_xml_attribute *attributes;
    int capacity;
    int line;
} state;

static void stop(state *self, ep_xml_status status) {
    if (self->status == EP_XML_OK) {
        self->status = status;
        self->line = xmlSAX2GetLineNumber(self->parser);
    }
    xmlStopParser(self->parser);
}

static void on_start(void *context, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri, int namespaces,
                     const xmlChar **namespace_list, int count, int defaulted, const xmlChar **list) {
    (void)prefix, (void)uri, (void)namespaces, (void)namespace_list, (void)defaulted;
    state *self = context;
    if (self->status != EP_XML_OK) return;
    if (count > self->capacity) {
        ep_xml_attribute *grown = realloc(self->attributes, (size_t)count * sizeof *grown);
        if (grown == NULL) {
            stop(self, EP_XML_NO_MEMORY);
            return;
        }
        self->attributes = grown;
        self->capacity = count;
    }
    for (int index = 0; index < count; index++) {
        // Five pointers each: local name, prefix, namespace, the value's begin and end.
        const xmlChar **one = list + 5 * index;
        self->attributes[index].name = (const char *)one[0];
        self->attributes[index].value = (const char *)one[3];
        self->attributes[index].size = (size_t)(one[4] - one[3]);
    }
    int line = xmlSAX2GetLineNumber(self->parser);
    if (self->events->start(self->context, (const char *)name, self->attributes, (size_t)count, line) != 0) {
        stop(self, EP_XML_STOPPED);
    }
}

static void on_end(void *context, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri) {
    (void)name, (void)prefix, (void)uri;
    state *self = context;
    if (self->status == EP_XML_OK && self->events->end(self->context) != 0) stop(self, EP_XML_STOPPED);
}

static void on_text(void *context, const xmlChar *text, int size) {
    state *self = context;
    if (self->status == EP_XML_OK && self->events->text(self->context, (const char *)text, (size_t)size) != 0) {
        stop(self, EP_XML_STOPPED);
    }
}

// Called when `<!DOCTYPE name` was read, before anything it declares.
static void on_doctype(void *context, const xmlChar *name, const xmlChar *external, const xmlChar *system) {
    (void)name, (void)external, (void)system;
    stop(context, EP_XML_DOCTYPE);
}

void ep_xml_prepare(void) { xmlInitParser(); }

static void describe(const state *self, ep_xml_error *error) {
    error->line = self->line;
    if (self->status != EP_XML_MALFORMED) return;
    const xmlError *last = xmlCtxtGetLastError(self->parser);
    const char *text = last != NULL && last->message != NULL ? last->message : "the document is not well-formed";
    strncpy(error->message, text, sizeof error->message - 1);
    size_t length = strlen(error->message);
    while (length > 0 && error->message[length - 1] == '\n') error->message[--length] = 0;
    error->line = last != NULL ? last->line : 0;
}

ep_xml_status ep_xml_parse(const char *bytes, size_t size, const ep_xml_events *events, void *context, ep_xml_error *error) {
    memset(error, 0, sizeof *error);
    state self = {.events = events, .context = context, .status = EP_XML_OK};
    xmlSAXHandler handler;
    memset(&handler, 0, sizeof handler);
    handler.initialized = XML_SAX2_MAGIC;
    handler.startElementNs = on_start;
    handler.endElementNs = on_end;
    handler.characters = on_text;
    handler.ignorableWhitespace = on_text;
    handler.cdataBlock = on_text;
    handler.internalSubset = on_doctype;
    self.parser = xmlCreatePushParserCtxt(&handler, &self, NULL, 0, NULL);
    if (self.parser == NULL) return EP_XML_NO_MEMORY;
    // NOENT: the predefined entities are replaced in attributes too; without a document type there are no others. Not HUGE:
    // libxml2's own bounds on depth, names and texts stay.
    xmlCtxtUseOptions(self.parser, XML_PARSE_NOENT | XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    int fine = 1;
    size_t done = 0;
    while (fine && self.status == EP_XML_OK && done < size) {
        size_t count = size - done < (1u << 20) ? size - done : (1u << 20);
        fine = xmlParseChunk(self.parser, bytes + done, (int)count, 0) == 0;
        done += count;
    }
    if (fine && self.status == EP_XML_OK) fine = xmlParseChunk(self.parser, NULL, 0, 1) == 0;
    if (self.status == EP_XML_OK && (!fine || !self.parser->wellFormed)) self.status = EP_XML_MALFORMED;
    describe(&self, error);
    // Nothing is built without a tree of libxml2's own; should a version make one, it goes here.
    if (self.parser->myDoc != NULL) {
        xmlFreeDoc(self.parser->myDoc);
        self.parser->myDoc = NULL;
    }
    xmlFreeParserCtxt(self.parser);
    free(self.attributes);
    return self.status;
}
