package stack_test

import ("os"; "testing"; "net/http")

func endpoint(t *testing.T) string {
	http.Post(os.Getenv("EP")+"/_ministack/reset", "", nil)
	return os.Getenv("EP") }
