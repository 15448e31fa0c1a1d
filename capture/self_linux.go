package capture

import (
	"encoding/binary"
	"fmt"
	"io"
	"os"
)

// OpenSelf prepares an engine for the running program.
func OpenSelf() (*Engine, error) {
	const exe = "/proc/self/exe"
	bias, err := selfBias(exe)
	if err != nil {
		return nil, fmt.Errorf("capture: %w", err)
	}
	return Open(exe, bias)
}

// selfBias is the distance between the entry point the kernel jumped to and the
// one in the file.
func selfBias(exe string) (uint64, error) {
	f, err := os.Open(exe)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	var head [64]byte // the ELF header
	if _, err := io.ReadFull(f, head[:]); err != nil {
		return 0, err
	}
	const etDyn = 3
	if binary.LittleEndian.Uint16(head[16:]) != etDyn {
		return 0, nil
	}
	entry := binary.LittleEndian.Uint64(head[24:])
	auxv, err := os.ReadFile("/proc/self/auxv")
	if err != nil {
		return 0, err
	}
	const atEntry = 9
	for ; len(auxv) >= 16; auxv = auxv[16:] {
		if binary.LittleEndian.Uint64(auxv) == atEntry {
			return binary.LittleEndian.Uint64(auxv[8:]) - entry, nil
		}
	}
	return 0, fmt.Errorf("no entry point in the auxiliary vector")
}
