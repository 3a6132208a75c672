#ifndef SCHEMAS_H
#define SCHEMAS_H
#endif
