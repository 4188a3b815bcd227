export const id = 43;
export const ids = [43];
export const modules = {
  43: (__unused_webpack_module, __webpack_exports__, __webpack_require__) => {
    __webpack_require__.d(__webpack_exports__, { Qq: () => HttpClient, hd: () => fetch, kT: () => ProxyAgent });
    class HttpClient {
      getAgent() {
        return;
      }
      getAgentDispatcher() {
        return;
      }
    }
    class ProxyAgent {
      package = 'undici';
    }
    function fetch() {
      throw new Error('undici is left out of the bundle: give octokit a `request.fetch`.');
    }
  },
};
