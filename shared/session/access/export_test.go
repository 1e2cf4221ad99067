package access

// Parse is the strict front alone.
func Parse(token string) (Claims, error) {
	_, claims, err := parse(token)
	return claims, err
}
