// AES-256-GCM of many records in one call, through the OpenSSL that Node itself is made of. A record takes a microsecond
// so; the object that node:crypto makes for each takes several times as long as its cipher does.
#include <node_api.h>

#include <climits>
#include <cstdint>
#include <cstring>
#include <new>

// Of <openssl/evp.h>, which need not be installed: Node exports them to addons.
extern "C" {
typedef struct evp_cipher_st EVP_CIPHER;
typedef struct evp_cipher_ctx_st EVP_CIPHER_CTX;
EVP_CIPHER *EVP_CIPHER_fetch(void *library, const char *algorithm, const char *properties);
void EVP_CIPHER_free(EVP_CIPHER *);
EVP_CIPHER_CTX *EVP_CIPHER_CTX_new(void);
int EVP_CIPHER_CTX_reset(EVP_CIPHER_CTX *);
void EVP_CIPHER_CTX_free(EVP_CIPHER_CTX *);
int EVP_CIPHER_CTX_ctrl(EVP_CIPHER_CTX *, int type, int number, void *bytes);
int EVP_CipherInit_ex(EVP_CIPHER_CTX *, const EVP_CIPHER *, void *engine, const uint8_t *key, const uint8_t *nonce, int seals);
int EVP_CipherUpdate(EVP_CIPHER_CTX *, uint8_t *out, int *written, const uint8_t *in, int count);
int EVP_CipherFinal_ex(EVP_CIPHER_CTX *, uint8_t *out, int *written);
void OPENSSL_cleanse(void *, size_t);
}

namespace {

// NIST SP 800-38D: 96-bit nonces, 128-bit tags.
constexpr size_t keyBytes = 32;
constexpr size_t nonceBytes = 12;
constexpr size_t tagBytes = 16;
constexpr size_t sealBytes = nonceBytes + tagBytes;
/** EVP_CTRL_AEAD_GET_TAG and EVP_CTRL_AEAD_SET_TAG. */
constexpr int getTag = 0x10;
constexpr int setTag = 0x11;

/** Of one thread. */
struct Aead {
  EVP_CIPHER *cipher = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
  bool isUsable() const { return cipher != nullptr && context != nullptr; }
  ~Aead() {
    EVP_CIPHER_CTX_free(context);
    EVP_CIPHER_free(cipher);
  }
};

struct Bytes {
  uint8_t *at = nullptr;
  size_t count = 0;
};

/** What a record takes part with. */
struct Record {
  const uint8_t *key;
  const uint8_t *context;
  size_t contextBytes;
  uint8_t *sealed;
  uint8_t *plaintext;
  size_t plaintextBytes;
};

/** Key, nonce and context; the cipher is told once a call. */
bool begin(EVP_CIPHER_CTX *context, const Record &record) {
  int written = 0;
  return EVP_CipherInit_ex(context, nullptr, nullptr, record.key, record.sealed, -1) == 1 &&
         EVP_CipherUpdate(context, nullptr, &written, record.context, static_cast<int>(record.contextBytes)) == 1;
}

bool seal(EVP_CIPHER_CTX *context, const Record &record) {
  uint8_t *ciphertext = record.sealed + nonceBytes;
  uint8_t *tag = ciphertext + record.plaintextBytes;
  int written = 0;
  return begin(context, record) &&
         EVP_CipherUpdate(context, ciphertext, &written, record.plaintext, static_cast<int>(record.plaintextBytes)) == 1 &&
         EVP_CipherFinal_ex(context, tag, &written) == 1 && EVP_CIPHER_CTX_ctrl(context, getTag, tagBytes, tag) == 1;
}

/** What does not open reads zero. */
bool open(EVP_CIPHER_CTX *context, const Record &record) {
  uint8_t *ciphertext = record.sealed + nonceBytes;
  uint8_t *end = record.plaintext + record.plaintextBytes;
  int written = 0;
  const bool isOpen =
      begin(context, record) &&
      EVP_CipherUpdate(context, record.plaintext, &written, ciphertext, static_cast<int>(record.plaintextBytes)) == 1 &&
      EVP_CIPHER_CTX_ctrl(context, setTag, tagBytes, ciphertext + record.plaintextBytes) == 1 &&
      EVP_CipherFinal_ex(context, end, &written) == 1;
  if (!isOpen) OPENSSL_cleanse(record.plaintext, record.plaintextBytes);
  return isOpen;
}

napi_value fail(napi_env env, const char *why) {
  napi_throw_range_error(env, nullptr, why);
  return nullptr;
}

/** The bytes of typed arrays, as many as asked for; false where an argument is none. */
bool readArguments(napi_env env, napi_callback_info info, Bytes *bytes, size_t wanted, Aead **aead) {
  napi_value values[6];
  size_t given = wanted;
  void *data = nullptr;
  if (napi_get_cb_info(env, info, &given, values, nullptr, &data) != napi_ok || given != wanted) return false;
  *aead = static_cast<Aead *>(data);
  for (size_t i = 0; i < wanted; i++) {
    napi_typedarray_type type;
    void *at = nullptr;
    if (napi_get_typedarray_info(env, values[i], &type, &bytes[i].count, &at, nullptr, nullptr) != napi_ok) return false;
    bytes[i].at = static_cast<uint8_t *>(at);
    if (type == napi_uint32_array) bytes[i].count *= 4;
    else if (type != napi_uint8_array) return false;
  }
  return true;
}

/** sealAll(keys, nonces, contexts, plaintexts, sealed) */
napi_value sealAll(napi_env env, napi_callback_info info) {
  Bytes arguments[5];
  Aead *aead;
  if (!readArguments(env, info, arguments, 5, &aead)) return fail(env, "five arrays of bytes are sealed from and into");
  const auto [keys, nonces, contexts, plaintexts, sealed] = arguments;
  const size_t count = keys.count / keyBytes;
  if (count == 0) return nullptr;
  const size_t contextBytes = contexts.count / count;
  const size_t plaintextBytes = plaintexts.count / count;
  if (keys.count != count * keyBytes || nonces.count != count * nonceBytes || contexts.count != count * contextBytes ||
      plaintexts.count != count * plaintextBytes || sealed.count != count * (plaintextBytes + sealBytes) ||
      plaintextBytes > INT_MAX || contextBytes > INT_MAX)
    return fail(env, "keys, nonces, contexts, plaintexts and what is sealed are not as many");
  bool isSealed = EVP_CipherInit_ex(aead->context, aead->cipher, nullptr, nullptr, nullptr, 1) == 1;
  for (size_t i = 0; i < count && isSealed; i++) {
    uint8_t *record = sealed.at + i * (plaintextBytes + sealBytes);
    std::memcpy(record, nonces.at + i * nonceBytes, nonceBytes);
    isSealed = seal(aead->context, {keys.at + i * keyBytes, contexts.at + i * contextBytes, contextBytes, record,
                                    plaintexts.at + i * plaintextBytes, plaintextBytes});
  }
  // Nothing of a key stays behind.
  EVP_CIPHER_CTX_reset(aead->context);
  return isSealed ? nullptr : fail(env, "OpenSSL sealed nothing");
}

/**
 * openAll(keys, sealed, places, contexts, plaintexts, isOpen): `places` are the records' places among keys and what is
 * sealed; contexts, plaintexts and what is said of each stand one after the other.
 */
napi_value openAll(napi_env env, napi_callback_info info) {
  Bytes arguments[6];
  Aead *aead;
  if (!readArguments(env, info, arguments, 6, &aead)) return fail(env, "six arrays of bytes are opened from and into");
  const auto [keys, sealed, placeBytes, contexts, plaintexts, isOpen] = arguments;
  const size_t count = isOpen.count;
  if (count == 0) return nullptr;
  const size_t contextBytes = contexts.count / count;
  const size_t plaintextBytes = plaintexts.count / count;
  const size_t sealedBytes = plaintextBytes + sealBytes;
  const auto *places = reinterpret_cast<const uint32_t *>(placeBytes.at);
  if (placeBytes.count != count * 4 || contexts.count != count * contextBytes ||
      plaintexts.count != count * plaintextBytes || plaintextBytes > INT_MAX || contextBytes > INT_MAX)
    return fail(env, "places, contexts, plaintexts and what is said of them are not as many");
  for (size_t i = 0; i < count; i++)
    if (places[i] >= keys.count / keyBytes || places[i] >= sealed.count / sealedBytes)
      return fail(env, "a place is past the end of the keys or of what is sealed");
  const bool isReady = EVP_CipherInit_ex(aead->context, aead->cipher, nullptr, nullptr, nullptr, 0) == 1;
  for (size_t i = 0; i < count; i++)
    isOpen.at[i] = isReady && open(aead->context, {keys.at + places[i] * keyBytes, contexts.at + i * contextBytes,
                                                   contextBytes, sealed.at + places[i] * sealedBytes,
                                                   plaintexts.at + i * plaintextBytes, plaintextBytes});
  EVP_CIPHER_CTX_reset(aead->context);
  return nullptr;
}

}  // namespace

NAPI_MODULE_INIT() {
  auto *aead = new (std::nothrow) Aead;
  if (aead == nullptr || !aead->isUsable()) {
    delete aead;
    return fail(env, "this Node has no AES-256-GCM");
  }
  const auto end = [](napi_env, void *data, void *) { delete static_cast<Aead *>(data); };
  napi_set_instance_data(env, aead, end, nullptr);
  const napi_property_descriptor functions[] = {
      {"sealAll", nullptr, sealAll, nullptr, nullptr, nullptr, napi_enumerable, aead},
      {"openAll", nullptr, openAll, nullptr, nullptr, nullptr, napi_enumerable, aead},
  };
  napi_define_properties(env, exports, 2, functions);
  return exports;
}
