package image

import (
	"debug/elf"
	"encoding/binary"
	"errors"
	"os"
	"testing"
)

// The sections and symbols are those that debug/elf finds.
func TestELFAgainstStandardLibrary(t *testing.T) {
	m := buildSelf(t)
	want, err := elf.Open(m.Path)
	if err != nil {
		t.Fatal(err)
	}
	defer want.Close()
	if m.elf.entry != want.Entry || m.elf.fixed != (want.Type == elf.ET_EXEC) || len(m.elf.sections) != len(want.Sections) {
		t.Fatalf("entry %#x, fixed %v, %d sections, want %#x, %v, %d", m.elf.entry, m.elf.fixed, len(m.elf.sections), want.Entry, want.Type, len(want.Sections))
	}
	for i, w := range want.Sections {
		if w.Type == elf.SHT_NULL || w.Type == elf.SHT_NOBITS {
			continue
		}
		got := m.elf.sections[i]
		if got.name != w.Name || got.addr != w.Addr || got.off != w.Offset || uint64(got.flags) != uint64(w.Flags) {
			t.Errorf("section %d: %+v, want %+v", i, got, w.SectionHeader)
		}
		b, err := m.section(w.Name)
		data, wantErr := w.Data()
		if err != nil || wantErr != nil || string(b) != string(data) {
			t.Errorf("section %s: %d bytes, %v, want %d, %v", w.Name, len(b), err, len(data), wantErr)
		}
	}
	syms, err := want.Symbols()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range syms {
		if s.Name != "main.main" && s.Name != "runtime.allgs" {
			continue
		}
		if got, ok := m.elf.symbol(m.mapped, s.Name); !ok || got != s.Value {
			t.Errorf("symbol %s: %#x, %v, want %#x", s.Name, got, ok, s.Value)
		}
	}
	if _, ok := m.elf.symbol(m.mapped, "main.mai"); ok {
		t.Error("the beginning of a name is taken for the name")
	}
}

// No file, however broken, is more than an error.
func FuzzELF(f *testing.F) {
	exe, err := os.Executable()
	if err != nil {
		f.Fatal(err)
	}
	whole, err := os.ReadFile(exe)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole[:elfHeaderSize])
	le := binary.LittleEndian
	small := make([]byte, elfHeaderSize+2*sectionHeaderSize+symbolSize)
	copy(small, whole[:16])
	le.PutUint16(small[16:], etExec)
	le.PutUint64(small[40:], elfHeaderSize)
	le.PutUint16(small[60:], 2)
	le.PutUint32(small[elfHeaderSize+4:], shtSymtab)
	le.PutUint64(small[elfHeaderSize+24:], elfHeaderSize+2*sectionHeaderSize)
	le.PutUint64(small[elfHeaderSize+32:], symbolSize)
	f.Add(small)
	f.Fuzz(func(t *testing.T, b []byte) {
		file, err := parseELF(b)
		if err != nil {
			if !errors.Is(err, errELF) && file != nil {
				t.Errorf("both a file and %v", err)
			}
			return
		}
		for i := range file.sections {
			s := &file.sections[i]
			stored, err := s.bytes(b)
			if err == nil && uint64(len(stored)) != s.size {
				t.Errorf("section of %d bytes gives %d", s.size, len(stored))
			}
			if err == nil && s.flags&shfCompressed != 0 {
				_, _, _ = s.inflater(stored) // must not panic
			}
		}
		file.symbol(b, "main.main")
	})
}
