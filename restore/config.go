package restore

// LoadConfig bounds how much of a value is shown. The names and the meaning
// are Delve's.
type LoadConfig struct {
	FollowPointers     bool // show what a pointer points to, not its address
	MaxVariableRecurse int  // levels of structs, maps and interfaces inside each other
	MaxStringLen       int  // bytes of a string
	MaxArrayValues     int  // elements of an array or slice, entries of a map
	MaxStructFields    int  // fields of a struct, -1 for all
}

// LongConfig is what print, and locals and args with -v, begin with.
func LongConfig() LoadConfig {
	return LoadConfig{
		FollowPointers: true, MaxVariableRecurse: 1,
		MaxStringLen: 64, MaxArrayValues: 64, MaxStructFields: -1,
	}
}

// ShortConfig is what locals and args use: no pointer is followed, and no
// element of an array shown.
func ShortConfig() LoadConfig {
	return LoadConfig{MaxStringLen: 64, MaxStructFields: 3}
}

// Limits that no configuration lifts. They hold where a value, or a dump made
// to do harm, contains itself, or where the product of the limits above is too large to print.
const (
	maxDepth = 24      // values inside each other
	maxNodes = 1 << 17 // values in one line of text
	maxText  = 4 << 20 // bytes of it, from which on values are left out
)
