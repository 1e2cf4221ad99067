package conformance

import (
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"
	"github.com/aws/smithy-go"
)

// PlainMail is the request of one plain text, as zenvault sends it.
func PlainMail(from, to, subject, text string) *sesv2.SendEmailInput {
	utf8 := func(data string) *types.Content { return &types.Content{Data: &data, Charset: aws.String("UTF-8")} }
	return &sesv2.SendEmailInput{
		FromEmailAddress: &from, Destination: &types.Destination{ToAddresses: []string{to}},
		Content: &types.EmailContent{Simple: &types.Message{Subject: utf8(subject), Body: &types.Body{Text: utf8(text)}}},
	}
}

// SES runs what an SES answers, through the real client. It sends mails to addresses of the reserved domain example.com.
func SES(t *testing.T, client *sesv2.Client) {
	const from, to = "zenvault@example.com", "owner@example.com"
	for _, text := range []string{"Good day.\n", "₿ and <é>\n.\n\n" + strings.Repeat("long ", 400)} {
		out, err := client.SendEmail(t.Context(), PlainMail(from, to, "Subject ₿", text))
		if err != nil || aws.ToString(out.MessageId) == "" {
			t.Errorf("a good mail: got %v, %v, want an id", out, err)
		}
	}
	for name, c := range map[string]struct {
		change func(*sesv2.SendEmailInput)
		want   string
	}{
		"no domain":        {func(in *sesv2.SendEmailInput) { in.Destination.ToAddresses[0] = "owner" }, "BadRequestException"},
		"empty domain":     {func(in *sesv2.SendEmailInput) { in.Destination.ToAddresses[0] = "owner@" }, "BadRequestException"},
		"two dots":         {func(in *sesv2.SendEmailInput) { in.Destination.ToAddresses[0] = "owner@example..com" }, "BadRequestException"},
		"line break in to": {func(in *sesv2.SendEmailInput) { in.Destination.ToAddresses[0] = "a\r\nBcc: b@example.com" }, "BadRequestException"},
		"non-ASCII local":  {func(in *sesv2.SendEmailInput) { in.Destination.ToAddresses[0] = "ö@example.com" }, "BadRequestException"},
		"long local part": {func(in *sesv2.SendEmailInput) {
			in.Destination.ToAddresses[0] = strings.Repeat("a", 65) + "@example.com"
		}, "BadRequestException"},
		"nobody": {func(in *sesv2.SendEmailInput) { in.Destination.ToAddresses = nil }, "BadRequestException"},
		"too many": {func(in *sesv2.SendEmailInput) {
			in.Destination.ToAddresses = strings.Split(strings.Repeat(to+" ", 51), " ")[:51]
		}, "BadRequestException"},
		"bad sender": {func(in *sesv2.SendEmailInput) { in.FromEmailAddress = aws.String("zenvault@") }, "BadRequestException"},
		"line break in subject": {func(in *sesv2.SendEmailInput) {
			in.Content.Simple.Subject.Data = aws.String("a\r\nBcc: b@example.com")
		}, "BadRequestException"},
		"long subject":     {func(in *sesv2.SendEmailInput) { in.Content.Simple.Subject.Data = aws.String(strings.Repeat("a", 999)) }, "BadRequestException"},
		"no text":          {func(in *sesv2.SendEmailInput) { in.Content.Simple.Body.Text.Data = aws.String("") }, "BadRequestException"},
		"no body":          {func(in *sesv2.SendEmailInput) { in.Content.Simple.Body.Text = nil }, "BadRequestException"},
		"no charset":       {func(in *sesv2.SendEmailInput) { in.Content.Simple.Subject = &types.Content{Data: aws.String("₿")} }, "BadRequestException"},
		"no content":       {func(in *sesv2.SendEmailInput) { in.Content.Simple = nil }, "BadRequestException"},
		"unknown set":      {func(in *sesv2.SendEmailInput) { in.ConfigurationSetName = aws.String("no-such-set") }, "NotFoundException"},
		"what is not here": {func(in *sesv2.SendEmailInput) { in.ReplyToAddresses = []string{to} }, "EmulatorUnsupported"},
		"HTML is not here": {func(in *sesv2.SendEmailInput) { in.Content.Simple.Body.Html = in.Content.Simple.Body.Text }, "EmulatorUnsupported"},
		"names are not":    {func(in *sesv2.SendEmailInput) { in.FromEmailAddress = aws.String("zenvault <" + from + ">") }, "EmulatorUnsupported"},
		"without a sender": {func(in *sesv2.SendEmailInput) { in.FromEmailAddress = nil }, "EmulatorUnsupported"},
		"another charset":  {func(in *sesv2.SendEmailInput) { in.Content.Simple.Subject.Charset = aws.String("Shift_JIS") }, "EmulatorUnsupported"},
	} {
		in := PlainMail(from, to, "Subject", "Text")
		c.change(in)
		_, err := client.SendEmail(t.Context(), in)
		var refused smithy.APIError
		if !errors.As(err, &refused) || refused.ErrorCode() != c.want || refused.ErrorMessage() == "" {
			t.Errorf("%s: got %v, want %s", name, err, c.want)
		}
	}
}
