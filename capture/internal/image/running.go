package image

import (
	"errors"
	"fmt"
)

// OpenRunning opens the executable at path of the running program, in which
// the function of that symbol lies at an address: that tells where the system
// has loaded it. The file may have been replaced since the program started;
// same compares memory of the program, which need not be mapped, with what the
// file says is there.
func OpenRunning(path, symbol string, at uint64, same func(addr uint64, want []byte) bool) (*Image, error) {
	m, err := Open(path, 0)
	if err != nil {
		return nil, err
	}
	if err := m.settle(symbol, at, same); err != nil {
		m.Close()
		return nil, fmt.Errorf("image: %s: %w", path, err)
	}
	return m, nil
}

var errReplaced = errors.New("the executable is not the one that runs: it has been replaced")

// settle sets the bias, and checks it.
func (m *Image) settle(symbol string, at uint64, same func(addr uint64, want []byte) bool) error {
	f, ok := m.Named(symbol)
	const page = 4096
	bias := at - f.Entry
	if !ok || bias%page != 0 || m.container.fixed && bias != 0 {
		return errReplaced
	}
	m.move(bias)
	for _, name := range []string{".note.go.buildid", ".text"} { // the text begins with the build ID if there is no note
		s := m.container.section(name)
		if s == nil {
			continue
		}
		const enough = 256
		b, err := s.bytes(m.mapped)
		if err == nil && !same(s.addr+m.Bias, b[:min(len(b), enough)]) {
			err = errReplaced
		}
		return err
	}
	return nil
}

// move says that the executable is loaded at a distance from where it was
// thought to be.
func (m *Image) move(bias uint64) {
	m.Bias += bias
	m.lines.text += bias
	if m.module.Text != 0 {
		m.module = m.module.moved(bias)
	}
}
