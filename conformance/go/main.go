// Translates calls (JSON lines) for alibaba-cloud-sdk-go's services/green, and its answers back.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"reflect"
	"strings"
	"time"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/auth"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/auth/credentials"
	sdkerrors "github.com/aliyun/alibaba-cloud-sdk-go/sdk/errors"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/responses"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/green"
)

const region = "cn-shanghai"

type key struct {
	ID     string `json:"id"`
	Secret string `json:"secret"`
	Token  string `json:"token"`
}

type call struct {
	ID        int               `json:"id"`
	Endpoint  string            `json:"endpoint"`
	Method    string            `json:"method"`
	Action    string            `json:"action"`
	Path      string            `json:"path"`
	Version   string            `json:"version"`
	Query     map[string]string `json:"query"`
	Headers   map[string]string `json:"headers"`
	Body      *string           `json:"body"`
	Key       *key              `json:"key"`
	TimeoutMs int               `json:"timeoutMs"`
}

type typedError struct {
	Class     string  `json:"class"`
	Code      string  `json:"code"`
	Message   string  `json:"message"`
	RequestID *string `json:"requestId"`
	// What the SDK advises its user to do.
	Hint string `json:"hint,omitempty"`
}

type reply struct {
	ID     int         `json:"id"`
	Body   *string     `json:"body,omitempty"`
	Error  *typedError `json:"error,omitempty"`
	Cannot string      `json:"cannot,omitempty"`
}

// The SDK writes these itself while it signs, after the caller's.
var ownHeaders = map[string]bool{
	"content-md5": true, "date": true, "x-acs-signature-method": true, "x-acs-signature-version": true,
}

type maker func() (requests.AcsRequest, responses.AcsResponse)

func pair[Request requests.AcsRequest, Response responses.AcsResponse](
	request func() Request, response func() Response,
) maker {
	return func() (requests.AcsRequest, responses.AcsResponse) { return request(), response() }
}

var typed = map[string]maker{
	"AddFaces":              pair(green.CreateAddFacesRequest, green.CreateAddFacesResponse),
	"AddGroups":             pair(green.CreateAddGroupsRequest, green.CreateAddGroupsResponse),
	"AddPerson":             pair(green.CreateAddPersonRequest, green.CreateAddPersonResponse),
	"DeleteFaces":           pair(green.CreateDeleteFacesRequest, green.CreateDeleteFacesResponse),
	"DeleteGroups":          pair(green.CreateDeleteGroupsRequest, green.CreateDeleteGroupsResponse),
	"DeletePerson":          pair(green.CreateDeletePersonRequest, green.CreateDeletePersonResponse),
	"DetectFace":            pair(green.CreateDetectFaceRequest, green.CreateDetectFaceResponse),
	"GetFaces":              pair(green.CreateGetFacesRequest, green.CreateGetFacesResponse),
	"GetGroups":             pair(green.CreateGetGroupsRequest, green.CreateGetGroupsResponse),
	"GetPerson":             pair(green.CreateGetPersonRequest, green.CreateGetPersonResponse),
	"GetPersons":            pair(green.CreateGetPersonsRequest, green.CreateGetPersonsResponse),
	"ImageAsyncScan":        pair(green.CreateImageAsyncScanRequest, green.CreateImageAsyncScanResponse),
	"ImageAsyncScanResults": pair(green.CreateImageAsyncScanResultsRequest, green.CreateImageAsyncScanResultsResponse),
	"ImageSyncScan":         pair(green.CreateImageSyncScanRequest, green.CreateImageSyncScanResponse),
	"SearchPerson":          pair(green.CreateSearchPersonRequest, green.CreateSearchPersonResponse),
	"SetPerson":             pair(green.CreateSetPersonRequest, green.CreateSetPersonResponse),
	"UploadCredentials":     pair(green.CreateUploadCredentialsRequest, green.CreateUploadCredentialsResponse),
}

// Where the SDK has no type for the operation at that path and version, its generic request serves.
func requestFor(one call) (requests.AcsRequest, responses.AcsResponse) {
	if make, found := typed[one.Action]; found {
		request, response := make()
		if request.GetVersion() == one.Version && request.BuildQueries() == one.Path {
			return request, response
		}
	}
	common := requests.NewCommonRequest()
	common.Product = "Green"
	common.Version = one.Version
	common.ApiName = one.Action
	common.PathPattern = one.Path
	common.TransToAcsRequest()
	return common.Ontology, responses.NewCommonResponse()
}

func fill(request requests.AcsRequest, one call, endpoint *url.URL) error {
	request.SetScheme(strings.ToUpper(endpoint.Scheme))
	request.SetDomain(endpoint.Host)
	request.SetReadTimeout(time.Duration(one.TimeoutMs) * time.Millisecond)
	reflect.ValueOf(request).Elem().FieldByName("Method").SetString(one.Method)
	for name, value := range one.Query {
		if field := reflect.ValueOf(request).Elem().FieldByName(name); name == "ClientInfo" && field.IsValid() {
			field.SetString(value)
		} else {
			request.GetQueryParams()[name] = value
		}
	}
	for name, value := range one.Headers {
		if ownHeaders[name] {
			return errors.New("the SDK writes the header " + name + " itself")
		}
		request.GetHeaders()[name] = value
	}
	if one.Body != nil {
		request.SetContent([]byte(*one.Body))
	}
	return nil
}

func credentialOf(given *key) auth.Credential {
	if given.Token != "" {
		return credentials.NewStsTokenCredential(given.ID, given.Secret, given.Token)
	}
	return credentials.NewAccessKeyCredential(given.ID, given.Secret)
}

func describe(err error) *typedError {
	var server *sdkerrors.ServerError
	if errors.As(err, &server) {
		id := server.RequestId()
		return &typedError{"ServerError", server.ErrorCode(), server.Message(), &id, server.Recommend()}
	}
	var client *sdkerrors.ClientError
	if errors.As(err, &client) {
		return &typedError{"ClientError", client.ErrorCode(), client.Message(), nil, ""}
	}
	return &typedError{fmt.Sprintf("%T", err), "", err.Error(), nil, ""}
}

func answer(one call) reply {
	if one.Key == nil {
		return reply{ID: one.ID, Cannot: "the SDK signs every request"}
	}
	endpoint, err := url.Parse(one.Endpoint)
	if err != nil {
		return reply{ID: one.ID, Error: describe(err)}
	}
	// A retry would hide the refusal that it follows.
	config := sdk.NewConfig().WithAutoRetry(false)
	client, err := green.NewClientWithOptions(region, config, credentialOf(one.Key))
	if err != nil {
		return reply{ID: one.ID, Error: describe(err)}
	}
	request, response := requestFor(one)
	if err := fill(request, one, endpoint); err != nil {
		return reply{ID: one.ID, Cannot: err.Error()}
	}
	if err := client.DoAction(request, response); err != nil {
		return reply{ID: one.ID, Error: describe(err)}
	}
	body := response.GetHttpContentString()
	return reply{ID: one.ID, Body: &body}
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 64<<20)
	replies := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		var one call
		if err := json.Unmarshal(lines.Bytes(), &one); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		if err := replies.Encode(answer(one)); err != nil {
			os.Exit(1)
		}
	}
}
