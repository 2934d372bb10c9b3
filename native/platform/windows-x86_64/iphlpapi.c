// A fake of Windows' library of network interfaces, of which there are none: Wine's lacks a function that Java calls, to seed its
// random numbers, and ends the JVM over it.
#define NONE(name) \
    __declspec(dllexport) unsigned long name(void) { return 50; /* ERROR_NOT_SUPPORTED */ }

NONE(ConvertInterfaceLuidToNameW)
NONE(ConvertInterfaceNameToLuidW)
NONE(ConvertLengthToIpv4Mask)
NONE(FreeMibTable)
NONE(GetAdaptersAddresses)
NONE(GetAnycastIpAddressTable)
NONE(GetIfEntry2)
NONE(GetIfTable2)
NONE(GetUnicastIpAddressTable)
NONE(if_nametoindex)
