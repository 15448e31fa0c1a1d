// Package restore is the offline debugger as a library: it looks at a dump the
// way a debugger looks at a stopped program.
//
// A [Session] has a current goroutine and frame, which start at the culprit of
// the crash. A [Scope] is one frame's view: its arguments, its local variables
// and the package variables, by name and by expression.
//
//	s := restore.NewSession(d)
//	r, err := s.Scope().Eval("req.Header[\"Accept\"][0]")
//	if err != nil {
//		return err
//	}
//	fmt.Println(r.Format(restore.LongConfig()))
//
// Values are printed as Delve prints them, with the same limits; see
// [LoadConfig]. Where a value is not in the dump its stub stands in its place.
//
// Nothing here changes a dump, and nothing runs code of the program: an
// expression that would call a function is refused with [ErrReadOnly].
//
// A dump is not trusted. Expressions are bounded in length, steps and results,
// and the text that this package gives holds no character that a terminal
// would obey: see [Printable].
package restore
