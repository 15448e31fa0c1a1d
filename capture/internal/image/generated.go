package image

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// A program may generate code while it runs and make it known to the runtime by
// a moduledata of its own, so that stacks can be followed through it. No file
// has its tables; they lie in the program's memory.

// Slices in a moduledata (GOROOT/src/runtime/symtab.go, Go 1.20 to 1.27).
const (
	mdNames  = 8
	mdCU     = 32
	mdFiles  = 56
	mdPC     = 80
	mdFuncs  = 104
	mdFtab   = 128
	mdHeader = 192 // as far as it is read here
)

// largestGenerated bounds each table of generated code.
const largestGenerated = 1 << 20

// errGenerated says that a moduledata's tables are not what they should be.
var errGenerated = errors.New("its tables contradict themselves")

// OpenGenerated makes an image of the code whose moduledata is at an address,
// from memory alone. It has functions, lines and the sizes of frames, but no
// variables and no types.
func OpenGenerated(mem Memory, moduledata uint64) (*Image, error) {
	md := make([]byte, mdHeader)
	if err := mem.ReadMemory(md, moduledata); err != nil {
		return nil, err
	}
	le := binary.LittleEndian
	var header [8]byte
	if err := mem.ReadMemory(header[:], le.Uint64(md)); err != nil {
		return nil, err
	}
	t := &LineTable{text: le.Uint64(md[mdText:]), quantum: uint64(header[6])}
	var ftab []byte
	for _, part := range []struct {
		to  *[]byte
		off int
		of  uint64 // bytes an element
	}{{&t.names, mdNames, 1}, {&t.cu, mdCU, 4}, {&t.files, mdFiles, 1}, {&t.pc, mdPC, 1}, {&t.funcs, mdFuncs, 1}, {&ftab, mdFtab, 8}} {
		n := le.Uint64(md[part.off+8:])
		if n > largestGenerated/part.of {
			return nil, fmt.Errorf("%w: one has %d elements", errGenerated, n)
		}
		*part.to = make([]byte, n*part.of)
		if err := mem.ReadMemory(*part.to, le.Uint64(md[part.off:])); err != nil && n > 0 {
			return nil, err
		}
	}
	t.nfunc = len(ftab)/8 - 1
	if t.nfunc < 1 || t.quantum == 0 || len(t.funcs) < len(ftab)-4 || !bytes.Equal(t.funcs[:len(ftab)-4], ftab[:len(ftab)-4]) {
		return nil, errGenerated
	}
	return &Image{container: new(container), lines: t, module: Module{Data: moduledata, Text: t.text}}, nil
}

// Generated reports whether the image is code that the program has generated.
func (m *Image) Generated() bool { return m.mapped == nil }
