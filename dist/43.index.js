export const id = 43;
export const ids = [43];
export const modules = {
  43: (__unused_webpack_module, __webpack_exports__, __webpack_require__) => {
    __webpack_require__.d(__webpack_exports__, { Qq: () => HttpClient, hd: () => fetch });
    class HttpClient {
      getAgent() {
        return;
      }
      getAgentDispatcher() {
        return;
      }
    }
    function fetch() {
      throw new Error('undici is left out of the bundle: give octokit a `request.fetch`.');
    }
  },
};
