package image

import (
	"debug/elf"
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
	if m.container.fixed != (want.Type == elf.ET_EXEC) || len(m.container.sections) != len(want.Sections) {
		t.Fatalf("fixed %v, %d sections, want %v, %d", m.container.fixed, len(m.container.sections), want.Type, len(want.Sections))
	}
	for i, w := range want.Sections {
		if w.Type == elf.SHT_NULL || w.Type == elf.SHT_NOBITS {
			continue
		}
		got := m.container.sections[i]
		if got.name != w.Name || got.addr != w.Addr || got.off != w.Offset || (got.memory != 0) != (w.Flags&elf.SHF_ALLOC != 0 && w.Flags&elf.SHF_TLS == 0) && w.Size > 0 || (got.packed != unpacked) != (w.Flags&elf.SHF_COMPRESSED != 0) {
			t.Errorf("section %d: %+v, want %+v", i, got, w.SectionHeader)
		}
		b, err := contentOf(m, w.Name)
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
		if got, ok := m.container.symbol(m.mapped, s.Name); !ok || got != s.Value {
			t.Errorf("symbol %s: %#x, %v, want %#x", s.Name, got, ok, s.Value)
		}
	}
	if _, ok := m.container.symbol(m.mapped, "main.mai"); ok {
		t.Error("the beginning of a name is taken for the name")
	}
}

// contentOf gives all of a section, inflated if need be.
func contentOf(m *Image, name string) ([]byte, error) {
	c, err := m.debugContent(name, nil)
	if err != nil {
		return nil, err
	}
	return c.all, nil
}
