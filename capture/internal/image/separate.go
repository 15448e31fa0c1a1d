package image

import "path/filepath"

// Debug information may lie in a file of its own (objcopy --only-keep-debug),
// which is found by the executable's build ID or by the name that it notes, as
// debuggers find it.

// systemDebugDir is where distributions put them.
const systemDebugDir = "/usr/lib/debug"

// separate is a file with the debug information of an executable.
type separate struct {
	mapped    []byte
	container *container
}

// openSeparate finds the file that belongs to m and remembers it. That both
// have the same build IDs is what makes it belong: a file of the right name may
// be of another build.
func (m *Image) openSeparate() error {
	for _, path := range m.debugFiles() {
		s, err := m.separate(path)
		if err != nil {
			continue
		}
		if !m.sameBuild(s) || s.container.section(".debug_info") == nil {
			unmap(s.mapped)
			continue
		}
		m.debug = s
		m.mu.Lock()
		m.released = append(m.released, func() { unmap(s.mapped) })
		m.mu.Unlock()
		return nil
	}
	return errNoSection
}

func (m *Image) separate(path string) (*separate, error) {
	b, err := mapPath(path)
	if err != nil {
		return nil, err
	}
	c, err := m.parse(b)
	if err != nil {
		unmap(b)
		return nil, err
	}
	return &separate{b, c}, nil
}

// sameBuild compares the notes of both files: the GNU build ID if the executable
// has one, or else the Go build ID, which one of the two must have.
func (m *Image) sameBuild(s *separate) bool {
	if own := m.note(gnuNote, gnuName); len(own) > 0 {
		return string(noteOf(s.container, s.mapped, gnuNote, gnuName)) == string(own)
	}
	own := m.note(goNote, goName)
	return len(own) > 0 && string(noteOf(s.container, s.mapped, goNote, goName)) == string(own)
}

// debugFiles lists where the file may be: by build ID in the directories of
// debug information, then by the name in .gnu_debuglink where gdb looks for it.
func (m *Image) debugFiles() (paths []string) {
	dirs := append([]string{systemDebugDir}, m.DebugDirs...)
	if id := m.GNUBuildID(); len(id) > 2 {
		for _, dir := range dirs {
			paths = append(paths, filepath.Join(dir, ".build-id", id[:2], id[2:]+".debug"))
		}
	}
	b, err := m.section(".gnu_debuglink")
	name := cString(b, 0)
	if err != nil || name == "" || name != filepath.Base(name) {
		return paths
	}
	exe, err := filepath.EvalSymlinks(m.Path)
	if err != nil {
		return paths
	}
	dir := filepath.Dir(exe)
	paths = append(paths, filepath.Join(dir, name), filepath.Join(dir, ".debug", name))
	for _, d := range dirs {
		paths = append(paths, filepath.Join(d, dir, name), filepath.Join(d, name))
	}
	return paths
}
