// Well-formed XML as a stream of events: the part of libxml2 that we need. Its headers stay in xml.c, because Debian's draw in
// those of ICU, which clash with Foundation's own.
#ifndef EULERPUBLISHER_CXML_H
#define EULERPUBLISHER_CXML_H

#include <stddef.h>
#include <stdint.h>

// An attribute of a start event. The value is not terminated by a zero.
typedef struct {
    const char *name;
    const char *value;
    size_t size;
} ep_xml_attribute;

// Names are local names, UTF-8, ended by a zero; all pointers are valid during the call only. A function that returns anything
// but 0 stops the parser.
typedef struct {
    int (*start)(void *context, const char *name, const ep_xml_attribute *attributes, size_t count, int line);
    int (*text)(void *context, const char *bytes, size_t size);
    int (*end)(void *context);
} ep_xml_events;

typedef enum {
    EP_XML_OK = 0,
    EP_XML_MALFORMED = 1,
    // A document type declaration: nothing after it was read.
    EP_XML_DOCTYPE = 2,
    // A function of ep_xml_events stopped the parser.
    EP_XML_STOPPED = 3,
    EP_XML_NO_MEMORY = 4,
} ep_xml_status;

typedef struct {
    // 1 and up; 0 when it is not known.
    int line;
    char message[200];
} ep_xml_error;

// Must return once before the first other call; safe from any thread then.
void ep_xml_prepare(void);
// Reads a whole document: no document type, no entities but the predefined ones, nothing from a file or the network.
ep_xml_status ep_xml_parse(const char *bytes, size_t size, const ep_xml_events *events, void *context, ep_xml_error *error);

#endif
