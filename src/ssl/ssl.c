#include "util/python.h"
static PyModuleDef_Slot ssl_slots[] = {UTIL_SLOT_INTERPRETERS UTIL_SLOT_GIL{0, NULL}};
extern PyModuleDef ssl_module;
PyModuleDef ssl_module = {PyModuleDef_HEAD_INIT, .m_name = "OpenSSL.SSL", .m_slots = ssl_slots};
PyMODINIT_FUNC PyInit_SSL(void);
PyMODINIT_FUNC PyInit_SSL(void) { return PyModuleDef_Init(&ssl_module); }
extern char connection_pending, ssl_as_context;
char connection_pending, ssl_as_context;
