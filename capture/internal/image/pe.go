package image

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
)

// The constants of PE that matter ("PE Format", Microsoft).
const (
	peSignatureAt    = 0x3c // where the offset of the signature stands
	peSignature      = "PE\x00\x00"
	peAMD64          = 0x8664
	peARM64          = 0xaa64
	pePlus           = 0x20b   // the optional header of a 64-bit file
	peDynamicBase    = 0x40    // DllCharacteristics: loaded anywhere
	peDiscardable    = 1 << 25 // a section that need not be kept in memory
	peWrite          = 1 << 31
	peFileHeader     = 20
	peOptionalHeader = 112 // as far as it is the same in all files
	peSectionHeader  = 40
	peSymbol         = 18
	peNameSize       = 8
)

// parsePE reads the headers of the file b.
func parsePE(b []byte) (*container, error) {
	le := binary.LittleEndian
	if len(b) < peSignatureAt+4 || string(b[:2]) != "MZ" {
		return nil, errContainer
	}
	at := uint64(le.Uint32(b[peSignatureAt:]))
	const fixedPart = uint64(len(peSignature) + peFileHeader)
	if at > uint64(len(b)) || uint64(len(b))-at < fixedPart || string(b[at:][:4]) != peSignature {
		return nil, errContainer
	}
	h, optional := b[at+4:], b[at+fixedPart:]
	processor, err := processorOf(uint32(le.Uint16(h)), peAMD64, peARM64)
	if err != nil {
		return nil, err
	}
	n, size := int(le.Uint16(h[2:])), int(le.Uint16(h[16:]))
	if size < peOptionalHeader || len(optional) < size+n*peSectionHeader || le.Uint16(optional) != pePlus {
		return nil, fmt.Errorf("%w: headers", errContainer)
	}
	base := le.Uint64(optional[24:])
	f := &container{processor: processor, fixed: le.Uint16(optional[70:])&peDynamicBase == 0}
	names := peNames(b, uint64(le.Uint32(h[8:])), uint64(le.Uint32(h[12:])))
	for h := optional[size:]; n > 0; n, h = n-1, h[peSectionHeader:] {
		f.sections = append(f.sections, peSection(h, base, names))
	}
	return f, nil
}

// peNames is the table of long names, which follows the symbols.
func peNames(b []byte, symbols, n uint64) []byte {
	at := symbols + n*peSymbol
	if symbols == 0 || at > uint64(len(b)) {
		return nil
	}
	return b[at:]
}

// peSection interprets a section's header.
func peSection(h []byte, base uint64, names []byte) section {
	le := binary.LittleEndian
	s := section{addr: base + uint64(le.Uint32(h[12:])), memory: uint64(le.Uint32(h[8:])), off: uint64(le.Uint32(h[20:]))}
	s.size = min(s.memory, uint64(le.Uint32(h[16:]))) // the file's is rounded up
	s.absent = s.size == 0
	flags := le.Uint32(h[36:])
	s.writable = flags&peWrite != 0
	if flags&peDiscardable != 0 {
		s.memory = 0
	}
	short, _, _ := bytes.Cut(h[:peNameSize], []byte{0})
	name := string(short)
	if digits, ok := strings.CutPrefix(name, "/"); ok {
		if off, err := strconv.ParseUint(digits, 10, 32); err == nil {
			name = cString(names, uint32(off))
		}
	}
	s.setName(strings.TrimPrefix(name, "."))
	return s
}
