// Translates calls (JSON lines) for aliyun-java-sdk-core with aliyun-java-sdk-green, and its answers back.
import com.aliyuncs.AcsRequest;
import com.aliyuncs.AcsResponse;
import com.aliyuncs.CommonRequest;
import com.aliyuncs.DefaultAcsClient;
import com.aliyuncs.RoaAcsRequest;
import com.aliyuncs.auth.AlibabaCloudCredentials;
import com.aliyuncs.auth.AnonymousCredentials;
import com.aliyuncs.auth.BasicCredentials;
import com.aliyuncs.auth.BasicSessionCredentials;
import com.aliyuncs.auth.SignatureVersion;
import com.aliyuncs.exceptions.ClientException;
import com.aliyuncs.http.FormatType;
import com.aliyuncs.http.HttpResponse;
import com.aliyuncs.http.MethodType;
import com.aliyuncs.http.ProtocolType;
import com.aliyuncs.profile.DefaultProfile;
import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

public final class Driver {
    private static final String REGION = "cn-shanghai";
    // The SDK writes these itself while it signs, after the caller's.
    private static final Set<String> OWN_HEADERS = new HashSet<>(Arrays.asList(
            "content-md5", "date", "x-acs-date", "x-acs-signature-nonce", "x-acs-signature-method", "x-acs-signature-version"));

    /** Something that this SDK offers no means for. */
    private static final class Impossible extends Exception {
        Impossible(String why) {
            super(why);
        }
    }

    /** The models of the answers are empty, so the text is kept where the SDK lets a subclass read the answer. */
    private static final class Client extends DefaultAcsClient {
        private String body;

        Client(DefaultProfile profile, AlibabaCloudCredentials credentials, SignatureVersion version) {
            super(profile, credentials);
            setSignatureVersion(version);
        }

        @Override
        protected <T extends AcsResponse> T readResponse(Class<T> type, HttpResponse response, FormatType format) {
            try {
                body = response.getHttpContentString();
            } catch (ClientException error) {
                throw new IllegalStateException(error);
            }
            return null;
        }
    }

    private static AlibabaCloudCredentials credentialsOf(JsonElement given) {
        if (given.isJsonNull()) return new AnonymousCredentials();
        JsonObject key = given.getAsJsonObject();
        String id = key.get("id").getAsString();
        String secret = key.get("secret").getAsString();
        if (!key.has("token")) return new BasicCredentials(id, secret);
        return new BasicSessionCredentials(id, secret, key.get("token").getAsString());
    }

    /** The SDK's class for an operation; where it has none at that path and version, its generic request. */
    private static AcsRequest<?> requestFor(JsonObject call, URI endpoint) throws Exception {
        String action = call.get("action").getAsString();
        String path = call.get("path").getAsString();
        String version = call.get("version").getAsString();
        try {
            RoaAcsRequest<?> typed = (RoaAcsRequest<?>) Class
                    .forName("com.aliyuncs.green.model.v20180509." + action + "Request")
                    .getDeclaredConstructor()
                    .newInstance();
            if (path.equals(typed.getSysUriPattern()) && version.equals(typed.getSysVersion())) return typed;
        } catch (ClassNotFoundException unknown) {
            // The generic request serves.
        }
        CommonRequest common = new CommonRequest();
        common.setSysProduct("Green");
        common.setSysVersion(version);
        common.setSysAction(action);
        common.setSysUriPattern(path);
        common.setSysDomain(endpoint.getAuthority());
        return common.buildRequest();
    }

    private static void fill(AcsRequest<?> request, JsonObject call, URI endpoint) throws Exception {
        request.setSysEndpoint(endpoint.getAuthority());
        request.setSysProtocol(ProtocolType.valueOf(endpoint.getScheme().toUpperCase(Locale.ROOT)));
        request.setSysMethod(MethodType.valueOf(call.get("method").getAsString()));
        request.setSysReadTimeout(call.get("timeoutMs").getAsInt());
        for (Map.Entry<String, JsonElement> parameter : call.getAsJsonObject("query").entrySet()) {
            request.putQueryParameter(parameter.getKey(), parameter.getValue().getAsString());
        }
        for (Map.Entry<String, JsonElement> header : call.getAsJsonObject("headers").entrySet()) {
            if (OWN_HEADERS.contains(header.getKey())) {
                throw new Impossible("the SDK writes the header " + header.getKey() + " itself");
            }
            request.putHeaderParameter(header.getKey(), header.getValue().getAsString());
        }
        if (!call.get("body").isJsonNull()) {
            byte[] body = call.get("body").getAsString().getBytes(StandardCharsets.UTF_8);
            request.setHttpContent(body, "UTF-8", FormatType.JSON);
        }
    }

    private static JsonObject answer(JsonObject call, SignatureVersion version) throws Exception {
        URI endpoint = URI.create(call.get("endpoint").getAsString());
        Client client = new Client(DefaultProfile.getProfile(REGION), credentialsOf(call.get("key")), version);
        JsonObject reply = new JsonObject();
        try {
            AcsRequest<?> request = requestFor(call, endpoint);
            fill(request, call, endpoint);
            client.getAcsResponse(request);
            reply.addProperty("body", client.body);
        } catch (Impossible impossible) {
            reply.addProperty("cannot", impossible.getMessage());
        } catch (ClientException error) {
            JsonObject described = new JsonObject();
            described.addProperty("class", error.getClass().getSimpleName());
            described.addProperty("code", error.getErrCode());
            described.addProperty("message", error.getErrMsg());
            described.addProperty("requestId", error.getRequestId());
            reply.add("error", described);
        } finally {
            client.shutdown();
        }
        return reply;
    }

    public static void main(String[] arguments) throws Exception {
        SignatureVersion version = SignatureVersion.valueOf(arguments[0]);
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        PrintStream replies = new PrintStream(System.out, true, "UTF-8");
        Gson gson = new Gson();
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            JsonObject call = JsonParser.parseString(line).getAsJsonObject();
            JsonObject reply = answer(call, version);
            reply.add("id", call.has("id") ? call.get("id") : JsonNull.INSTANCE);
            replies.println(gson.toJson(reply));
        }
    }
}
